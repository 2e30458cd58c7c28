/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include <stdatomic.h>

#include "host/shared_queue.h"
#include "support/threads.h"

static const struct pw_view VM = {"vm", 2};

/** Somebody who is told. */
struct listener {
  atomic_uint told;
  atomic_uint queue_id;
};

static void
hear(void *data, uint32_t queue_id, uint32_t items)
{
  struct listener *listener = data;
  listener->queue_id        = queue_id;
  atomic_fetch_add(&listener->told, items);
}

static int
make(void **state)
{
  *state = pw_shared_queues_new(4, 1000, 2500);
  return *state ? 0 : -1;
}

static int
unmake(void **state)
{
  pw_shared_queues_delete(*state);
  return 0;
}

static uint32_t
listen(struct pw_shared_queues *queues, const char *name, struct listener *listener)
{
  const struct pw_queue_subscriber subscriber = {hear, listener};
  uint32_t                         id         = 0;
  assert_int_equal(pw_shared_queues_register(queues, VM, pw_view_of(name), &subscriber, &id), PW_STATUS_OK);
  assert_int_not_equal(id, 0);
  return id;
}

static void
put(struct pw_shared_queues *queues, uint32_t id, const char *item)
{
  assert_int_equal(pw_shared_queues_enqueue(queues, id, pw_view_of(item)), PW_STATUS_OK);
}

static void
expect(struct pw_shared_queues *queues, uint32_t id, const char *item)
{
  struct pw_bytes bytes = {0};
  assert_int_equal(pw_shared_queues_dequeue(queues, id, &bytes), PW_STATUS_OK);
  assert_true(pw_view_equal(pw_bytes_view(&bytes), pw_view_of(item)));
  pw_bytes_clear(&bytes);
}

static enum pw_status
dequeue_status(struct pw_shared_queues *queues, uint32_t id)
{
  struct pw_bytes bytes  = {0};
  enum pw_status  status = pw_shared_queues_dequeue(queues, id, &bytes);
  pw_bytes_clear(&bytes);
  return status;
}

static void
items_come_out_in_the_order_they_went_in(void **state)
{
  struct listener listener = {0};
  uint32_t        id       = listen(*state, "q", &listener);
  put(*state, id, "one");
  put(*state, id, "");
  put(*state, id, "three");
  expect(*state, id, "one");
  expect(*state, id, "");
  expect(*state, id, "three");
  assert_int_equal(dequeue_status(*state, id), PW_STATUS_EMPTY);
  put(*state, id, "four");
  expect(*state, id, "four");
}

static void
unknown_ids_are_not_found(void **state)
{
  struct listener listener  = {0};
  uint32_t        id        = listen(*state, "q", &listener);
  const uint32_t  unknown[] = {0, id + 1, id + 4, id + 8, UINT32_MAX};
  for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
    assert_int_equal(pw_shared_queues_enqueue(*state, unknown[i], pw_view_of("x")), PW_STATUS_NOT_FOUND);
    assert_int_equal(dequeue_status(*state, unknown[i]), PW_STATUS_NOT_FOUND);
  }
}

static void
a_queue_is_resolved_by_vm_id_and_name(void **state)
{
  struct listener listener = {0};
  uint32_t        resolved = 0;
  uint32_t        id       = listen(*state, "q", &listener);
  assert_int_equal(pw_shared_queues_resolve(*state, VM, pw_view_of("q"), &resolved), PW_STATUS_OK);
  assert_int_equal(resolved, id);
  assert_int_equal(pw_shared_queues_resolve(*state, VM, pw_view_of("other"), &resolved), PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_shared_queues_resolve(*state, pw_view_of("other"), pw_view_of("q"), &resolved),
                   PW_STATUS_NOT_FOUND);
  assert_int_equal(pw_shared_queues_resolve(*state, pw_view_of("v"), pw_view_of("mq"), &resolved), PW_STATUS_NOT_FOUND);
}

static void
registering_again_opens_the_queue_with_its_items(void **state)
{
  struct listener one = {0};
  struct listener two = {0};
  uint32_t        id  = listen(*state, "q", &one);
  put(*state, id, "item");
  assert_int_equal(listen(*state, "q", &two), id);
  assert_int_not_equal(listen(*state, "another", &two), id);
  expect(*state, id, "item");
}

static void
the_newest_subscriber_is_told_and_nobody_else(void **state)
{
  struct listener one = {0};
  struct listener two = {0};
  uint32_t        id  = listen(*state, "q", &one);
  put(*state, id, "a");
  assert_int_equal(one.told, 1);
  assert_int_equal(one.queue_id, id);
  listen(*state, "q", &two);
  put(*state, id, "b");
  put(*state, id, "c");
  assert_int_equal(one.told, 1);
  assert_int_equal(two.told, 2);
  /* It registers anew, and is the newest again. */
  listen(*state, "q", &one);
  put(*state, id, "d");
  assert_int_equal(one.told, 2);
  assert_int_equal(two.told, 2);
}

static void
the_one_before_takes_over_and_is_told_of_what_waits(void **state)
{
  struct listener one = {0};
  struct listener two = {0};
  uint32_t        id  = listen(*state, "q", &one);
  listen(*state, "q", &two);
  put(*state, id, "a");
  put(*state, id, "b");
  put(*state, id, "c");
  expect(*state, id, "a");
  pw_shared_queues_unsubscribe(*state, &two);
  assert_int_equal(two.told, 3);
  assert_int_equal(one.told, 2);
  put(*state, id, "d");
  assert_int_equal(one.told, 3);
  assert_int_equal(two.told, 3);
}

static void
items_that_an_older_one_was_told_of_are_told_to_the_newest_when_it_goes(void **state)
{
  struct listener one = {0};
  struct listener two = {0};
  uint32_t        id  = listen(*state, "q", &one);
  put(*state, id, "a");
  listen(*state, "q", &two);
  assert_int_equal(two.told, 0);
  put(*state, id, "b");
  pw_shared_queues_unsubscribe(*state, &one);
  assert_int_equal(two.told, 2);
}

static void
what_was_dealt_with_is_not_told_again(void **state)
{
  struct listener one = {0};
  struct listener two = {0};
  uint32_t        id  = listen(*state, "q", &one);
  listen(*state, "q", &two);
  for (int i = 0; i < 5; i++) {
    put(*state, id, "item");
  }
  for (int i = 0; i < 5; i++) {
    expect(*state, id, "item");
  }
  put(*state, id, "last");
  pw_shared_queues_unsubscribe(*state, &two);
  assert_int_equal(one.told, 1);
}

static void
items_put_in_while_nobody_listens_are_told_to_the_next_one(void **state)
{
  struct listener one = {0};
  struct listener two = {0};
  uint32_t        id  = listen(*state, "q", &one);
  pw_shared_queues_unsubscribe(*state, &one);
  put(*state, id, "a");
  put(*state, id, "b");
  put(*state, id, "c");
  expect(*state, id, "a");
  assert_int_equal(one.told, 0);
  listen(*state, "q", &two);
  assert_int_equal(two.told, 2);
}

static void
unsubscribing_ends_every_queue_of_that_subscriber(void **state)
{
  struct listener one    = {0};
  uint32_t        first  = listen(*state, "first", &one);
  uint32_t        second = listen(*state, "second", &one);
  pw_shared_queues_unsubscribe(*state, &one);
  put(*state, first, "a");
  put(*state, second, "a");
  assert_int_equal(one.told, 0);
  pw_shared_queues_unsubscribe(*state, &one);
}

static void
the_number_of_queues_is_limited(void **state)
{
  struct listener                  listener   = {0};
  const struct pw_queue_subscriber subscriber = {hear, &listener};
  uint32_t                         id         = 0;
  listen(*state, "1", &listener);
  listen(*state, "2", &listener);
  listen(*state, "3", &listener);
  listen(*state, "4", &listener);
  assert_int_equal(pw_shared_queues_register(*state, VM, pw_view_of("5"), &subscriber, &id),
                   PW_STATUS_INTERNAL_FAILURE);
  listen(*state, "4", &listener);
}

static void
no_queues_at_all_may_be_allowed(void **state)
{
  (void)state;
  struct listener                  listener   = {0};
  const struct pw_queue_subscriber subscriber = {hear, &listener};
  struct pw_shared_queues         *queues     = pw_shared_queues_new(0, 0, 0);
  uint32_t                         id         = 0;
  assert_non_null(queues);
  assert_int_equal(pw_shared_queues_register(queues, VM, pw_view_of("q"), &subscriber, &id),
                   PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(pw_shared_queues_enqueue(queues, 1, pw_view_of("x")), PW_STATUS_NOT_FOUND);
  pw_shared_queues_delete(queues);
}

static void
all_queues_together_take_no_more_than_their_total(void **state)
{
  struct pw_shared_queues *queues = *state;
  static char              item[900];
  static struct listener   listeners[4];
  struct pw_bytes          taken = {0};
  uint32_t                 ids[4];
  for (int i = 0; i < 4; i++) {
    const char name[] = {(char)('a' + i), '\0'};
    ids[i]            = listen(queues, name, &listeners[i]);
  }
  /* 2,500 in all: two items of 932. */
  assert_int_equal(pw_shared_queues_enqueue(queues, ids[0], pw_view_make(item, sizeof(item))), PW_STATUS_OK);
  assert_int_equal(pw_shared_queues_enqueue(queues, ids[1], pw_view_make(item, sizeof(item))), PW_STATUS_OK);
  assert_int_equal(pw_shared_queues_enqueue(queues, ids[2], pw_view_make(item, sizeof(item))),
                   PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(pw_shared_queues_dequeue(queues, ids[0], &taken), PW_STATUS_OK);
  assert_int_equal(pw_shared_queues_enqueue(queues, ids[2], pw_view_make(item, sizeof(item))), PW_STATUS_OK);
  pw_bytes_clear(&taken);
}

static void
a_full_queue_takes_nothing_more(void **state)
{
  struct listener listener = {0};
  uint32_t        id       = listen(*state, "q", &listener);
  char            large[969];
  memset(large, 'x', sizeof(large));
  assert_int_equal(pw_shared_queues_enqueue(*state, id, pw_view_make(large, 969)), PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(pw_shared_queues_enqueue(*state, id, pw_view_make(large, SIZE_MAX)), PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(listener.told, 0);
  assert_int_equal(pw_shared_queues_enqueue(*state, id, pw_view_make(large, 968)), PW_STATUS_OK);
  assert_int_equal(pw_shared_queues_enqueue(*state, id, pw_view_of("")), PW_STATUS_INTERNAL_FAILURE);
  assert_int_equal(dequeue_status(*state, id), PW_STATUS_OK);
  assert_int_equal(pw_shared_queues_enqueue(*state, id, pw_view_of("")), PW_STATUS_OK);
}

static void
empty_items_fill_a_queue_too(void **state)
{
  struct listener listener = {0};
  uint32_t        id       = listen(*state, "q", &listener);
  int             count    = 0;
  while (pw_shared_queues_enqueue(*state, id, pw_view_of("")) == PW_STATUS_OK) {
    count++;
  }
  assert_int_equal(count, 1000 / 32);
}

static void
a_removed_queue_is_unknown_and_its_id_does_not_come_back_soon(void **state)
{
  struct listener listener = {0};
  uint32_t        id       = listen(*state, "q", &listener);
  uint32_t        resolved;
  put(*state, id, "item");
  pw_shared_queues_unsubscribe(*state, &listener);
  pw_shared_queues_remove_vm(*state, pw_view_of("other"));
  assert_int_equal(pw_shared_queues_resolve(*state, VM, pw_view_of("q"), &resolved), PW_STATUS_OK);
  pw_shared_queues_remove_vm(*state, VM);
  assert_int_equal(pw_shared_queues_resolve(*state, VM, pw_view_of("q"), &resolved), PW_STATUS_NOT_FOUND);
  assert_int_equal(dequeue_status(*state, id), PW_STATUS_NOT_FOUND);
  for (int i = 0; i < 100; i++) {
    uint32_t again = listen(*state, "q", &listener);
    assert_int_not_equal(again, id);
    assert_int_equal(dequeue_status(*state, again), PW_STATUS_EMPTY);
    pw_shared_queues_remove_vm(*state, VM);
    assert_int_equal(dequeue_status(*state, again), PW_STATUS_EMPTY); /* somebody is subscribed */
    pw_shared_queues_unsubscribe(*state, &listener);
    pw_shared_queues_remove_vm(*state, VM);
  }
  assert_int_equal(listener.told, 1);
}

static void
nothing_is_changed_when_memory_is_out(void **state)
{
  (void)state;
  struct listener                  listener   = {0};
  const struct pw_queue_subscriber subscriber = {hear, &listener};
  unsigned                         n          = 1;
  fail_alloc_at(1);
  assert_null(pw_shared_queues_new(1, 100, 100));
  assert_true(fail_alloc_stop());
  for (;; n++) {
    struct pw_shared_queues *queues = pw_shared_queues_new(1, 100, 100);
    uint32_t                 id     = 0;
    assert_non_null(queues);
    fail_alloc_at(n);
    enum pw_status status = pw_shared_queues_register(queues, VM, pw_view_of("q"), &subscriber, &id);
    bool           failed = fail_alloc_stop();
    if (failed) {
      assert_int_equal(status, PW_STATUS_INTERNAL_FAILURE);
      /* The only place is free again. */
      id = listen(queues, "another", &listener);
    }
    fail_alloc_at(1);
    assert_int_equal(pw_shared_queues_enqueue(queues, id, pw_view_of("item")), PW_STATUS_INTERNAL_FAILURE);
    assert_true(fail_alloc_stop());
    put(queues, id, "item");
    pw_shared_queues_delete(queues);
    if (!failed) {
      break;
    }
  }
  assert_int_equal(n, 5); /* subscription, place, name, table */
}

static void
an_item_that_cannot_be_copied_stays(void **state)
{
  struct listener listener  = {0};
  struct pw_bytes bytes     = {0};
  uint32_t        id        = listen(*state, "q", &listener);
  char            item[200] = "";
  assert_int_equal(pw_shared_queues_enqueue(*state, id, pw_view_make(item, sizeof(item))), PW_STATUS_OK);
  bytes.size = SIZE_MAX - 100; /* nothing can be appended to that */
  assert_int_equal(pw_shared_queues_dequeue(*state, id, &bytes), PW_STATUS_INTERNAL_FAILURE);
  bytes.size = 0;
  assert_int_equal(pw_shared_queues_dequeue(*state, id, &bytes), PW_STATUS_OK);
  assert_int_equal(bytes.size, sizeof(item));
  pw_bytes_clear(&bytes);
}

enum { PRODUCERS = 4, CONSUMERS = 4, ITEMS = 4000 };

struct traffic {
  struct pw_shared_queues *queues;
  uint32_t                 id;
  atomic_uint              taken;
  atomic_uint_fast64_t     sum;
};

static void
produce_and_consume(void *argument, unsigned index)
{
  struct traffic *traffic         = argument;
  struct pw_bytes bytes           = {0};
  uint32_t        last[PRODUCERS] = {0};
  if (index < PRODUCERS) {
    for (uint32_t i = 1; i <= ITEMS; i++) {
      const uint32_t item[2] = {index, i};
      while (pw_shared_queues_enqueue(traffic->queues, traffic->id, pw_view_make(item, sizeof(item))) != PW_STATUS_OK) {
        /* Full: the consumers are behind. */
      }
    }
    return;
  }
  while (atomic_load(&traffic->taken) < PRODUCERS * ITEMS) {
    uint32_t item[2];
    bytes.size = 0;
    if (pw_shared_queues_dequeue(traffic->queues, traffic->id, &bytes) != PW_STATUS_OK) {
      continue;
    }
    memcpy(item, bytes.data, sizeof(item));
    if (item[1] <= last[item[0]]) {
      abort(); /* out of order */
    }
    last[item[0]] = item[1];
    atomic_fetch_add(&traffic->sum, item[1]);
    atomic_fetch_add(&traffic->taken, 1);
  }
  pw_bytes_clear(&bytes);
}

static void
threads_lose_no_item_and_see_them_in_order(void **state)
{
  struct listener listener = {0};
  struct traffic  traffic  = {.queues = *state, .id = 0};
  traffic.id               = listen(*state, "q", &listener);
  run_threads(PRODUCERS + CONSUMERS, produce_and_consume, &traffic);
  assert_int_equal(traffic.taken, PRODUCERS * ITEMS);
  assert_int_equal(traffic.sum, (uint64_t)PRODUCERS * ITEMS * (ITEMS + 1) / 2);
  assert_int_equal(atomic_load(&listener.told), PRODUCERS * ITEMS);
}

/** A subscriber that is freed as soon as it has unsubscribed: to be called later is an error that sanitizers find. */
struct mortal {
  unsigned    calls;
  bool        alive;
  atomic_bool busy;
};

static void
hear_once(void *data, uint32_t queue_id, uint32_t items)
{
  struct mortal *mortal = data;
  (void)queue_id;
  (void)items;
  atomic_store(&mortal->busy, true);
  if (!mortal->alive) {
    abort();
  }
  for (volatile int i = 0; i < 50; i = i + 1) {
  }
  atomic_store(&mortal->busy, false);
}

static void
come_and_go(void *argument, unsigned index)
{
  struct traffic *traffic = argument;
  struct pw_bytes bytes   = {0};
  if (index < PRODUCERS) {
    for (int i = 0; i < ITEMS; i++) {
      pw_shared_queues_enqueue(traffic->queues, traffic->id, pw_view_of("item"));
      bytes.size = 0;
      pw_shared_queues_dequeue(traffic->queues, traffic->id, &bytes);
    }
    pw_bytes_clear(&bytes);
    return;
  }
  for (int i = 0; i < ITEMS / 4; i++) {
    struct mortal *mortal = calloc(1, sizeof(*mortal));
    uint32_t       id;
    mortal->alive                               = true;
    const struct pw_queue_subscriber subscriber = {hear_once, mortal};
    if (pw_shared_queues_register(traffic->queues, VM, pw_view_of("q"), &subscriber, &id) != PW_STATUS_OK ||
        id != traffic->id) {
      abort();
    }
    pw_shared_queues_unsubscribe(traffic->queues, mortal);
    if (atomic_load(&mortal->busy)) {
      abort();
    }
    mortal->alive = false;
    free(mortal);
  }
}

static void
nobody_is_called_after_unsubscribing(void **state)
{
  struct listener listener = {0};
  struct traffic  traffic  = {.queues = *state, .id = 0};
  traffic.id               = listen(*state, "q", &listener);
  run_threads(PRODUCERS + CONSUMERS, come_and_go, &traffic);
}

static void
make_and_remove(void *argument, unsigned index)
{
  struct pw_shared_queues *queues   = argument;
  struct listener          listener = {0};
  struct pw_bytes          bytes    = {0};
  char                     vm_id[16];
  snprintf(vm_id, sizeof(vm_id), "%u", index % 3);
  const struct pw_queue_subscriber subscriber = {hear, &listener};
  for (int i = 0; i < ITEMS / 4; i++) {
    uint32_t id;
    if (pw_shared_queues_register(queues, pw_view_of(vm_id), pw_view_of("q"), &subscriber, &id) == PW_STATUS_OK) {
      pw_shared_queues_enqueue(queues, id, pw_view_of("item"));
      bytes.size = 0;
      pw_shared_queues_dequeue(queues, id, &bytes);
    }
    pw_shared_queues_unsubscribe(queues, &listener);
    if (i % 3 == 0) {
      pw_shared_queues_remove_vm(queues, pw_view_of(vm_id));
    }
  }
  pw_bytes_clear(&bytes);
}

static void
threads_make_and_remove_queues(void **state)
{
  uint32_t id;
  run_threads(8, make_and_remove, *state);
  for (int i = 0; i < 3; i++) {
    char vm_id[16];
    snprintf(vm_id, sizeof(vm_id), "%d", i);
    pw_shared_queues_remove_vm(*state, pw_view_of(vm_id));
    assert_int_equal(pw_shared_queues_resolve(*state, pw_view_of(vm_id), pw_view_of("q"), &id), PW_STATUS_NOT_FOUND);
  }
  struct listener listener = {0};
  listen(*state, "1", &listener);
  listen(*state, "2", &listener);
  listen(*state, "3", &listener);
  listen(*state, "4", &listener);
}

int
main(void)
{
#define WITH_QUEUES(test) cmocka_unit_test_setup_teardown(test, make, unmake)
  const struct CMUnitTest tests[] = {
    WITH_QUEUES(items_come_out_in_the_order_they_went_in),
    WITH_QUEUES(unknown_ids_are_not_found),
    WITH_QUEUES(a_queue_is_resolved_by_vm_id_and_name),
    WITH_QUEUES(registering_again_opens_the_queue_with_its_items),
    WITH_QUEUES(the_newest_subscriber_is_told_and_nobody_else),
    WITH_QUEUES(the_one_before_takes_over_and_is_told_of_what_waits),
    WITH_QUEUES(items_that_an_older_one_was_told_of_are_told_to_the_newest_when_it_goes),
    WITH_QUEUES(what_was_dealt_with_is_not_told_again),
    WITH_QUEUES(items_put_in_while_nobody_listens_are_told_to_the_next_one),
    WITH_QUEUES(unsubscribing_ends_every_queue_of_that_subscriber),
    WITH_QUEUES(the_number_of_queues_is_limited),
    cmocka_unit_test(no_queues_at_all_may_be_allowed),
    WITH_QUEUES(all_queues_together_take_no_more_than_their_total),
    WITH_QUEUES(a_full_queue_takes_nothing_more),
    WITH_QUEUES(empty_items_fill_a_queue_too),
    WITH_QUEUES(a_removed_queue_is_unknown_and_its_id_does_not_come_back_soon),
    cmocka_unit_test(nothing_is_changed_when_memory_is_out),
    WITH_QUEUES(an_item_that_cannot_be_copied_stays),
    WITH_QUEUES(threads_lose_no_item_and_see_them_in_order),
    WITH_QUEUES(nobody_is_called_after_unsubscribing),
    WITH_QUEUES(threads_make_and_remove_queues),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
