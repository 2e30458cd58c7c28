/* SPDX-License-Identifier: Apache-2.0 */
/* The deferred end of contexts, when something goes wrong on the way. */
#include "fakes/fixture.h"
#include "fakes/notes.h"
#include "support/unit.h"

static bool        defer_streams;
static bool        defer_roots;
static const char *trap_in; /* the callback that traps */
static uint32_t    contexts[4096];
static size_t      context_count;

static void
reset(void)
{
  notes_clear();
  defer_streams = false;
  defer_roots   = false;
  trap_in       = "";
  context_count = 0;
}

static void
noted(struct fake_vm *vm, const char *callback, uint32_t id)
{
  note("%s%u ", callback, id);
  if (strcmp(trap_in, callback) == 0) {
    fake_trap(vm, "on purpose");
  }
}

static uint32_t
created(struct fake_vm *vm, const pw_value *a)
{
  (void)vm;
  contexts[context_count++] = a[0].u32;
  return 0;
}

static uint32_t
done(struct fake_vm *vm, const pw_value *a)
{
  noted(vm, "done", a[0].u32);
  return a[0].u32 == contexts[0] ? !defer_roots : !defer_streams;
}

static uint32_t
logged(struct fake_vm *vm, const pw_value *a)
{
  noted(vm, "log", a[0].u32);
  return 0;
}

static uint32_t
deleted(struct fake_vm *vm, const pw_value *a)
{
  noted(vm, "delete", a[0].u32);
  return 0;
}

/* Says done for every context that it was told of. */
static uint32_t
tick(struct fake_vm *vm, const pw_value *a)
{
  size_t i;

  (void)a;
  for (i = 0; i < context_count; ++i) {
    if (FAKE_HOSTCALL(vm, "proxy_set_effective_context", contexts[i]) == PW_STATUS_OK) {
      FAKE_HOSTCALL(vm, "proxy_done");
    }
  }
  return 0;
}

static const struct fake_export module[] = {
  {"proxy_on_context_create", "ii:v", created}, {"proxy_on_done", "i:i", done}, {"proxy_on_log", "i:v", logged},
  {"proxy_on_delete", "i:v", deleted},          {"proxy_on_tick", "i:v", tick}, {NULL, NULL, NULL}};

static void
open_two_deferred_streams(struct fixture *f)
{
  struct pw_stream *streams[2];

  fixture_open(f);
  fixture_add(f, module, NULL);
  fixture_chain(f);
  defer_streams = true;
  streams[0]    = pw_stream_new(f->chain, f);
  streams[1]    = pw_stream_new(f->chain, f);
  pw_stream_end(streams[0]);
  pw_stream_end(streams[1]);
  assert_int_equal(pw_instance_streams(f->instances[0]), 2);
}

static void
a_trap_in_a_deferred_log_ends_all_contexts_once(void **state)
{
  struct fixture f;

  (void)state;
  reset();
  open_two_deferred_streams(&f);
  trap_in = "log";
  pw_instance_tick(f.instances[0]);
  assert_int_equal(pw_instance_streams(f.instances[0]), 0);
  /* The first of the two traps, and then nothing is asked any more. */
  assert_string_equal(notes, "done2 done3 log3 ");
  fixture_close(&f);
}

static void
a_trap_in_a_deferred_delete_ends_all_contexts_once(void **state)
{
  struct fixture f;

  (void)state;
  reset();
  open_two_deferred_streams(&f);
  trap_in = "delete";
  pw_instance_tick(f.instances[0]);
  assert_int_equal(pw_instance_streams(f.instances[0]), 0);
  assert_string_equal(notes, "done2 done3 log3 delete3 ");
  fixture_close(&f);
}

static char *lowest; /* address on our stack */

static uint32_t
log_measures_stack(struct fake_vm *vm, const pw_value *a)
{
  char here = 0;

  (void)vm;
  (void)a;
  lowest = lowest == NULL || &here < lowest ? &here : lowest;
  return 0;
}

static const struct fake_export measuring[] = {{"proxy_on_context_create", "ii:v", created},
                                               {"proxy_on_done", "i:i", done},
                                               {"proxy_on_log", "i:v", log_measures_stack},
                                               {"proxy_on_tick", "i:v", tick},
                                               {NULL, NULL, NULL}};

static void
many_contexts_that_are_done_at_once_do_not_pile_up_on_the_stack(void **state)
{
  struct fixture f;
  char           here = 0;
  int            i;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, measuring, NULL);
  fixture_chain(&f);
  defer_streams = true;
  lowest        = NULL;
  for (i = 0; i < 900; ++i) {
    pw_stream_end(pw_stream_new(f.chain, &f));
    notes_clear();
  }
  pw_instance_tick(f.instances[0]);
  assert_int_equal(pw_instance_streams(f.instances[0]), 0);
  assert_true(&here - lowest < 60000);
  fixture_close(&f);
}

static void
a_trap_in_the_deferred_delete_of_a_root_ends_it_once(void **state)
{
  struct fixture f;

  (void)state;
  reset();
  fixture_open(&f);
  fixture_add(&f, module, NULL);
  defer_roots = true;
  pw_instance_delete(f.instances[0]);
  trap_in = "delete";
  /* Still there: its end is deferred. */
  pw_instance_tick(f.instances[0]);
  assert_string_equal(notes, "done1 delete1 ");
  assert_int_equal(fake_instances_alive, 0);
  f.count = 0;
  pw_plugin_release(f.plugins[0]);
  fixture_close(&f);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_trap_in_a_deferred_log_ends_all_contexts_once),
    cmocka_unit_test(a_trap_in_a_deferred_delete_ends_all_contexts_once),
    cmocka_unit_test(many_contexts_that_are_done_at_once_do_not_pile_up_on_the_stack),
    cmocka_unit_test(a_trap_in_the_deferred_delete_of_a_root_ends_it_once),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
