/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file support.h
 * What the tests of engines share: an engine, modules of this folder, an instance with two host functions.
 * An error where none is expected fails the test with its message.
 */
#ifndef PROXYWASM_TESTS_UNIT_ENGINE_SUPPORT_H
#define PROXYWASM_TESTS_UNIT_ENGINE_SUPPORT_H

#include "engine/file.h"

#include <proxywasm/engine.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/** What an instance's host functions see as their context. */
struct guest {
  const struct pw_engine_ops *ops;
  struct pw_engine           *engine;
  struct pw_linked_module    *linked;
  struct pw_engine_instance  *instance;
  pw_value                    seen[3]; /**< parameters of the last env.combine */
  unsigned                    pings;   /**< calls of env.ping */
  const char                 *answer;  /**< what the host functions return: a message that traps, or NULL */
  void (*notified)(struct guest *guest, int32_t what); /**< called by env.notify; may be NULL */
  bool           nested_ok;
  struct pw_trap nested_trap;
};

/** The bytes of NAME.wasm, made of NAME.wat. Freed by pw_bytes_clear. */
static inline struct pw_bytes
read_module(const char *name)
{
  struct pw_bytes bytes = {0};
  struct pw_error error;
  char            path[512];

  snprintf(path, sizeof path, "%s/engine/%s.wasm", PW_TEST_MODULES, name);
  if (!pw_file_read(path, &bytes, &error)) {
    fail_msg("%s", error.message);
  }
  return bytes;
}

/** The name of the engine that is tested: PW_TEST_ENGINE, or the default one. */
static inline const char *
engine_name(void)
{
  const char *name = getenv("PW_TEST_ENGINE");

  return name ? name : pw_engine_names()[0];
}

static inline const struct pw_engine_ops *
find_engine(void)
{
  struct pw_error             error;
  const struct pw_engine_ops *ops = pw_engine_find(engine_name(), &error);

  if (!ops) {
    fail_msg("%s", error.message);
  }
  return ops;
}

/** cmocka puts its own handlers in the place of the engine's before each test; wasm traps by signal. This keeps those
 *  that the first engine of the process has set, and puts them back later. */
static inline void
use_engine_signals(void)
{
  static const int        signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS};
  static struct sigaction kept[4];
  static bool             is_kept;

  for (size_t i = 0; i < 4; i++) {
    sigaction(signals[i], is_kept ? &kept[i] : NULL, is_kept ? NULL : &kept[i]);
  }
  is_kept = true;
}

static inline struct pw_engine *
start_engine_with(const struct pw_engine_ops *ops, const struct pw_engine_settings *settings)
{
  struct pw_error   error;
  struct pw_engine *engine = ops->engine_new(settings, &error);

  if (!engine) {
    fail_msg("%s", error.message);
  }
  use_engine_signals();
  return engine;
}

static inline struct pw_engine *
start_engine(const struct pw_engine_ops *ops, uint32_t stack_bytes)
{
  const struct pw_engine_settings settings = {.stack_bytes = stack_bytes};

  return start_engine_with(ops, &settings);
}

static const char combine_data[] = "the import's own";

static inline const char *
host_combine(void *context, const void *data, pw_value *values)
{
  struct guest *guest = context;

  assert_ptr_equal(data, combine_data);
  memcpy(guest->seen, values, sizeof guest->seen);
  values[0].i64 = values[0].i32 + values[1].i64 + values[2].i32;
  return guest->answer;
}

static inline const char *
host_notify(void *context, const void *data, pw_value *values)
{
  struct guest *guest = context;

  assert_null(data);
  if (guest->notified) {
    guest->notified(guest, values[0].i32);
  }
  return guest->answer;
}

/* Adds a float, a double and a float, to a double. */
static inline const char *
host_add_floats(void *context, const void *data, pw_value *values)
{
  struct guest *guest = context;
  float         first;
  double        second;
  float         third;

  assert_null(data);
  memcpy(&first, &values[0], sizeof first);
  memcpy(&second, &values[1], sizeof second);
  memcpy(&third, &values[2], sizeof third);
  second += (double)first + (double)third;
  memcpy(values, &second, sizeof second);
  return guest->answer;
}

static inline const char *
host_ping(void *context, const void *data, pw_value *values)
{
  struct guest *guest = context;

  (void)values;
  assert_null(data);
  guest->pings++;
  return guest->answer;
}

static const struct pw_import test_imports[] = {
  {.module   = "env",
   .name     = "combine",
   .type     = {.parameters = "iIi", .result = 'I', .parameter_count = 3},
   .function = host_combine,
   .data     = combine_data},
  {.module   = "env",
   .name     = "notify",
   .type     = {.parameters = "i", .result = 'v', .parameter_count = 1},
   .function = host_notify},
  {.module   = "env",
   .name     = "add_floats",
   .type     = {.parameters = "fFf", .result = 'F', .parameter_count = 3},
   .function = host_add_floats},
  {.module = "env", .name = "ping", .type = {.result = 'v'}, .function = host_ping},
};

#define TEST_IMPORT_COUNT (sizeof test_imports / sizeof *test_imports)

static inline struct pw_linked_module *
link_module(const struct pw_engine_ops *ops, struct pw_engine *engine, const char *name)
{
  struct pw_bytes            code = read_module(name);
  struct pw_error            error;
  struct pw_compiled_module *module = ops->module_compile(engine, pw_bytes_view(&code), &error);
  struct pw_linked_module   *linked;

  pw_bytes_clear(&code);
  if (!module) {
    fail_msg("%s", error.message);
  }
  linked = ops->link(module, test_imports, TEST_IMPORT_COUNT, &error);
  if (!linked) {
    fail_msg("%s", error.message);
  }
  ops->module_delete(module);
  return linked;
}

/** What a guest is, and what it may use. */
struct guest_options {
  const char *module;      /**< NAME.wat of this folder */
  uint32_t    stack_bytes; /**< 0: the engine's default; likewise below */
  uint64_t    memory_bytes;
  uint32_t    table_elements;
  bool        images; /**< there are to be images */
};

static inline void
start_guest(struct guest *guest, const struct guest_options *options)
{
  struct pw_instance_options instance = {
    .host_data = guest, .memory_bytes = options->memory_bytes, .table_elements = options->table_elements};
  const struct pw_engine_settings settings = {.stack_bytes = options->stack_bytes, .images = options->images};
  struct pw_error                 error;

  memset(guest, 0, sizeof *guest);
  guest->ops      = find_engine();
  guest->engine   = start_engine_with(guest->ops, &settings);
  guest->linked   = link_module(guest->ops, guest->engine, options->module);
  guest->instance = guest->ops->instance_new(guest->linked, &instance, 0, &error);
  if (!guest->instance) {
    fail_msg("%s", error.message);
  }
}

static inline void
stop_guest(struct guest *guest)
{
  guest->ops->instance_delete(guest->instance);
  guest->ops->linked_delete(guest->linked);
  guest->ops->engine_delete(guest->engine);
}

/** Calls an export; false on a trap. */
static inline bool
call_guest(struct guest *guest, const char *name, pw_value *values, size_t count, uint32_t deadline_ms,
           struct pw_trap *trap)
{
  pw_function function;

  if (!guest->ops->function_find(guest->instance, name, &function)) {
    fail_msg("the module has no %s", name);
  }
  use_engine_signals();
  return guest->ops->call(guest->instance, &function, values, count, deadline_ms, trap);
}

/** Calls an export with i32 parameters, expects no trap, and returns its i32 result. */
static inline int32_t
call_i32(struct guest *guest, const char *name, int32_t first, int32_t second)
{
  pw_value       values[2] = {{.i32 = first}, {.i32 = second}};
  struct pw_trap trap;

  if (!call_guest(guest, name, values, 2, 0, &trap)) {
    fail_msg("%s: %s\n%s", name, trap.message, trap.backtrace);
  }
  return values[0].i32;
}

/** Links and starts a compiled module, engine_module, sees that it works, and lets go of all of it. */
static inline void
run_and_delete(struct guest *guest, struct pw_compiled_module *module)
{
  struct pw_instance_options options = {.host_data = guest};
  struct pw_error            error   = {.message = "no module"};
  struct pw_linked_module   *linked  = guest->ops->link(module, test_imports, TEST_IMPORT_COUNT, &error);

  assert_non_null(linked);
  guest->instance = guest->ops->instance_new(linked, &options, 0, &error);
  assert_non_null(guest->instance);
  assert_int_equal(call_i32(guest, "add", 20, 3), 23);
  guest->ops->instance_delete(guest->instance);
  guest->ops->linked_delete(linked);
  guest->ops->module_delete(module);
}

static inline double
milliseconds_now(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#endif
