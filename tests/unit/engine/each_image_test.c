/* SPDX-License-Identifier: Apache-2.0 */
/* Images of instances: what code can change is as it was, in the same instance and in others. An engine without images
 * has none of the functions. */
#include "each_fixture.h"

#include <sys/resource.h>
#include <unistd.h>

#define PAGE 65536

static const struct guest_options with_images    = {.module = "image", .images = true, .memory_bytes = 6 * PAGE};
static const struct guest_options with_room      = {.module = "image", .images = true, .memory_bytes = 10 * PAGE};
static const struct guest_options without_images = {.module = "image"};
static const struct guest_options with_table     = {.module = "image_table", .images = true};
static const struct guest_options with_names     = {.module = "image_names", .images = true};
static const struct guest_options with_start     = {.module = "image_start", .images = true};

/* Wasmtime has them, so that the tests below test something. */
static bool
has_images(const struct guest *guest)
{
  assert_true(guest->ops->image_take || strcmp(guest->ops->name, "wasmtime") != 0);
  assert_true(!guest->ops->image_take == !guest->ops->image_apply);
  assert_true(!guest->ops->image_take == !guest->ops->image_delete);
  return guest->ops->image_take != NULL;
}

static void
change_all(struct guest *guest, int32_t by)
{
  call_i32(guest, "add_to_all", by, 0);
  call_i32(guest, "store", 16, by);
  call_i32(guest, "store", PAGE + 8192, by);
  call_i32(guest, "store", 70000, by);
}

static void
assert_changed(struct guest *guest, int32_t by)
{
  assert_int_equal(call_i32(guest, "count", 0, 0), 7 + by);
  assert_int_equal(call_i32(guest, "wide_now", 0, 0), by - 1);
  assert_int_equal(call_i32(guest, "twice_half", 0, 0), 1 + 2 * by);
  assert_int_equal(call_i32(guest, "load", 16, 0), by);
  assert_int_equal(call_i32(guest, "load", PAGE + 8192, 0), by);
  assert_int_equal(call_i32(guest, "load", 70000, 0), by);
}

static struct pw_engine_instance *
another(struct guest *guest)
{
  const struct pw_instance_options options = {.host_data = guest, .memory_bytes = 6 * PAGE};
  struct pw_error                  error;
  struct pw_engine_instance       *instance = guest->ops->instance_new(guest->linked, &options, 0, &error);

  if (!instance) {
    fail_msg("%s", error.message);
  }
  return instance;
}

static struct pw_engine_image *
take(struct guest *guest)
{
  struct pw_engine_image *image = guest->ops->image_take(guest->instance);

  assert_non_null(image);
  return image;
}

/* One that is not told by the system which pages were written to: it can open the image's file, but no other. */
static struct pw_engine_image *
take_untold(struct guest *guest)
{
  struct pw_engine_image *image;
  struct rlimit           files;
  struct rlimit           few;
  int                     next = dup(STDOUT_FILENO);

  assert_true(next >= 0);
  close(next);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
  few          = files;
  few.rlim_cur = (rlim_t)next + 1;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
  image = take(guest);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
  return image;
}

typedef struct pw_engine_image *(*taker)(struct guest *guest);

static void
comes_back_again_and_again(struct guest *guest, taker take_image)
{
  struct pw_engine_image *image;

  if (!has_images(guest)) {
    return;
  }
  change_all(guest, 5);
  image = take_image(guest);
  /* What is written to each time comes to be brought back in another way than what is not: both have to be right. */
  for (int round = 0; round < 40; round++) {
    int32_t seldom = (round * 7919) % (2 * PAGE - 8192);

    change_all(guest, 100 + round);
    call_i32(guest, "store", seldom, -1);
    assert_true(guest->ops->image_apply(guest->instance, image));
    assert_changed(guest, 5);
    assert_int_not_equal(call_i32(guest, "load", seldom, 0), -1);
  }
  guest->ops->image_delete(image);
  assert_changed(guest, 5);
}

static void
an_instance_comes_back_to_its_image_again_and_again(void **state)
{
  comes_back_again_and_again(*state, take);
}

static void
an_instance_comes_back_where_the_system_does_not_tell_what_was_written_to(void **state)
{
  comes_back_again_and_again(*state, take_untold);
}

/* Few pages are written over, many are dropped: both, one after the other. */
static void
many_and_few_pages_come_back(struct guest *guest, taker take_image)
{
  struct pw_engine_image *image;

  if (!has_images(guest)) {
    return;
  }
  assert_int_equal(call_i32(guest, "grow", 8, 0), 2);
  for (int32_t at = 0; at < 10 * PAGE; at += 4096) {
    call_i32(guest, "store", at + 8, at + 1);
  }
  image = take_image(guest);
  for (int round = 0; round < 20; round++) {
    for (int32_t at = 0; at < 10 * PAGE; at += round % 2 ? 4096 : 10 * 4096) {
      call_i32(guest, "store", at + 8, -round);
    }
    assert_true(guest->ops->image_apply(guest->instance, image));
    for (int32_t at = 0; at < 10 * PAGE; at += 4096) {
      assert_int_equal(call_i32(guest, "load", at + 8, 0), at + 1);
    }
  }
  guest->ops->image_delete(image);
}

static void
as_many_pages_as_there_are_come_back(void **state)
{
  many_and_few_pages_come_back(*state, take);
}

static void
as_many_pages_as_there_are_come_back_where_the_system_does_not_tell(void **state)
{
  many_and_few_pages_come_back(*state, take_untold);
}

static void
other_instances_begin_as_the_image_and_go_their_own_ways(void **state)
{
  struct guest              *guest = *state;
  struct pw_engine_instance *first = guest->instance;
  struct pw_engine_instance *second;
  struct pw_engine_image    *image;

  if (!has_images(guest)) {
    return;
  }
  change_all(guest, 5);
  image = take(guest);
  change_all(guest, 1);
  second          = another(guest);
  guest->instance = second;
  assert_true(guest->ops->image_apply(second, image));
  assert_changed(guest, 5);
  change_all(guest, 3);
  guest->instance = first;
  assert_int_equal(call_i32(guest, "count", 0, 0), 7 + 5 + 1);
  /* The first one goes, and the image: the second one does not need them. */
  guest->ops->image_delete(image);
  guest->ops->instance_delete(first);
  guest->instance = second;
  assert_int_equal(call_i32(guest, "count", 0, 0), 7 + 5 + 3);
  assert_int_equal(call_i32(guest, "load", 16, 0), 3);
}

static void
two_images_are_told_apart(void **state)
{
  struct guest           *guest = *state;
  struct pw_engine_image *one;
  struct pw_engine_image *two;

  if (!has_images(guest)) {
    return;
  }
  change_all(guest, 1);
  one = take(guest);
  assert_true(guest->ops->image_apply(guest->instance, one));
  call_i32(guest, "store", 16, 2);
  two = take(guest);
  for (int round = 0; round < 2; round++) {
    assert_true(guest->ops->image_apply(guest->instance, two));
    assert_int_equal(call_i32(guest, "load", 16, 0), 2);
    assert_true(guest->ops->image_apply(guest->instance, one));
    assert_int_equal(call_i32(guest, "load", 16, 0), 1);
  }
  guest->ops->image_delete(one);
  guest->ops->image_delete(two);
}

static void
memory_that_had_grown_is_there_and_memory_that_grows_later_is_not_brought_back(void **state)
{
  struct guest              *guest = *state;
  struct pw_engine_instance *first = guest->instance;
  struct pw_engine_image    *image;

  if (!has_images(guest)) {
    return;
  }
  assert_int_equal(call_i32(guest, "grow", 2, 0), 2);
  call_i32(guest, "store", 3 * PAGE + 4, 77);
  image           = take(guest);
  guest->instance = another(guest);
  assert_true(guest->ops->image_apply(guest->instance, image));
  assert_int_equal(guest->ops->memory(guest->instance)->size, 4 * PAGE);
  assert_int_equal(call_i32(guest, "load", 3 * PAGE + 4, 0), 77);
  assert_int_equal(call_i32(guest, "grow", 1, 0), 4);
  call_i32(guest, "store", 4 * PAGE, 1);
  assert_false(guest->ops->image_apply(guest->instance, image));
  guest->ops->instance_delete(guest->instance);
  guest->instance = first;
  guest->ops->image_delete(image);
}

static void
no_image_is_larger_than_the_limit_of_memory(void **state)
{
  struct guest                    *guest   = *state;
  const struct pw_instance_options options = {.host_data = guest, .memory_bytes = 3 * PAGE};
  struct pw_engine_instance       *small;
  struct pw_engine_image          *image;
  struct pw_error                  error;

  if (!has_images(guest)) {
    return;
  }
  assert_int_equal(call_i32(guest, "grow", 2, 0), 2);
  image = take(guest);
  small = guest->ops->instance_new(guest->linked, &options, 0, &error);
  assert_non_null(small);
  assert_false(guest->ops->image_apply(small, image));
  guest->ops->instance_delete(small);
  guest->ops->image_delete(image);
}

static void
what_an_image_would_not_have_has_no_image(void **state)
{
  struct guest *guest = *state;

  if (has_images(guest)) {
    assert_null(guest->ops->image_take(guest->instance));
  }
}

static void
places_are_those_of_the_module_as_it_came(void **state)
{
  struct guest  *guest = *state;
  struct guest   plain;
  struct pw_trap trap;
  struct pw_trap plain_trap;
  pw_value       value = {.u64 = 0};

  if (!has_images(guest)) {
    return;
  }
  start_guest(&plain, &without_images);
  assert_false(call_guest(guest, "fail", &value, 1, 0, &trap));
  assert_false(call_guest(&plain, "fail", &value, 1, 0, &plain_trap));
  assert_string_equal(trap.backtrace, plain_trap.backtrace);
  assert_non_null(strstr(trap.backtrace, "offset 0x"));
  stop_guest(&plain);
}

static void
compiled_code_that_was_kept_has_images_too(void **state)
{
  struct guest              *guest = *state;
  struct pw_bytes            code  = read_module("image");
  struct pw_bytes            kept  = {0};
  struct pw_error            error;
  struct pw_compiled_module *module;

  if (has_images(guest)) {
    module = guest->ops->module_compile(guest->engine, pw_bytes_view(&code), &error);
    assert_true(guest->ops->module_serialize(module, &kept, &error));
    guest->ops->module_delete(module);
    module = guest->ops->module_deserialize(guest->engine, pw_bytes_view(&kept), pw_bytes_view(&code), &error);
    assert_non_null(module);
    guest->ops->instance_delete(guest->instance);
    guest->ops->linked_delete(guest->linked);
    guest->linked = guest->ops->link(module, test_imports, TEST_IMPORT_COUNT, &error);
    assert_non_null(guest->linked);
    guest->ops->module_delete(module);
    guest->instance = another(guest);
    an_instance_comes_back_to_its_image_again_and_again(state);
  }
  pw_bytes_clear(&kept);
  pw_bytes_clear(&code);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    GUEST_TEST(an_instance_comes_back_to_its_image_again_and_again, &with_images),
    GUEST_TEST(an_instance_comes_back_where_the_system_does_not_tell_what_was_written_to, &with_images),
    GUEST_TEST(as_many_pages_as_there_are_come_back, &with_room),
    GUEST_TEST(as_many_pages_as_there_are_come_back_where_the_system_does_not_tell, &with_room),
    GUEST_TEST(other_instances_begin_as_the_image_and_go_their_own_ways, &with_images),
    GUEST_TEST(two_images_are_told_apart, &with_images),
    GUEST_TEST(memory_that_had_grown_is_there_and_memory_that_grows_later_is_not_brought_back, &with_images),
    GUEST_TEST(no_image_is_larger_than_the_limit_of_memory, &with_images),
    GUEST_TEST(what_an_image_would_not_have_has_no_image, &without_images),
    GUEST_TEST(what_an_image_would_not_have_has_no_image, &with_table),
    GUEST_TEST(what_an_image_would_not_have_has_no_image, &with_names),
    GUEST_TEST(what_an_image_would_not_have_has_no_image, &with_start),
    GUEST_TEST(places_are_those_of_the_module_as_it_came, &with_images),
    GUEST_TEST(compiled_code_that_was_kept_has_images_too, &with_images),
  };

  return cmocka_run_group_tests_name("engine/image", tests, NULL, NULL);
}
