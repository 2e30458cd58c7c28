/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the host's costs grow: core_growth QUESTION MODULE.wasm, with bench/modules/operations.c as the module. Writes a
 * line for each size: SIZE NANOSECONDS. Under callgrind, in place of that, a dump of counts for each size, "SIZE
 * TIMES": of what was done so often.
 */
#include "operations.h"
#include "proxy.h"
#include "surroundings.h"

#include "engine/file.h"
#include "host/shared_data.h"
#include "host/shared_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

/* Plugins, each with a VM that reserves 4 GiB of addresses, of which callgrind has fewer. */
#define MOST_PLUGINS         32
#define MOST_COUNTED_PLUGINS 16
#define ROUNDS               9
#define WARM                 3
#define COUNTED              20 /* times */
/* Keys whose making can be waited for, as it is and under callgrind. */
#define MOST_KEYS         10000000
#define MOST_COUNTED_KEYS 1000000

static struct pw_host     *host;
static struct pw_worker   *worker;
static struct pw_plugin   *plugins[MOST_PLUGINS];
static struct pw_instance *instances[MOST_PLUGINS];
static struct pw_chain    *chain;
static struct pw_view      code;
static int                 stream_data;

/* The least of some rounds: others were disturbed. */
static double
least_time(void (*act)(void *data), void *data, unsigned times)
{
  double least = 0;
  for (int round = 0; round <= ROUNDS; round++) {
    double begin = nanoseconds();
    for (unsigned i = 0; i < times; i++) {
      act(data);
    }
    double time = (nanoseconds() - begin) / times;
    if (round == 1 || time < least) {
      least = time;
    }
  }
  return least;
}

/* Counts `act` and not what comes before it. */
static void
count(size_t size, void (*act)(void *data), void *data, unsigned repeats)
{
  char label[40];
  snprintf(label, sizeof label, "%zu %u", size, COUNTED * repeats);
  for (int i = 0; i < WARM; i++) {
    act(data);
  }
  CALLGRIND_ZERO_STATS;
  for (int i = 0; i < COUNTED; i++) {
    act(data);
  }
  CALLGRIND_DUMP_STATS_AT(label);
}

/* Does `act` with a size, to take its time or to count it. Each does something so often: `repeats`. */
static void
measure_act(size_t size, void (*act)(void *data), void *data, unsigned times, unsigned repeats)
{
  if (RUNNING_ON_VALGRIND) {
    count(size, act, data, repeats);
  } else {
    printf("%zu %.1f\n", size, least_time(act, data, times) / repeats);
    fflush(stdout);
  }
}

/* -------------------------------------------------------------------------------------------------------------- chains
 */

static void
open_chain(unsigned count, struct order order)
{
  struct pw_error        error   = {.message = "out of memory"};
  struct pw_host_options options = {.proxy = &bench_proxy};
  host                           = pw_host_new(&options, &error);
  need(host != NULL, &error);
  worker = pw_worker_new(host, NULL, &error);
  need(worker != NULL, &error);
  for (unsigned i = 0; i < count; i++) {
    char                    name[16];
    int                     length = snprintf(name, sizeof name, "plugin-%u", i);
    struct pw_plugin_config config = {.name          = {name, (size_t)length},
                                      .vm_id         = {name, (size_t)length},
                                      .configuration = {(const char *)&order, sizeof order}};
    plugins[i]                     = pw_plugin_load(host, &config, code, "operations.wasm", &error);
    need(plugins[i] != NULL, &error);
    instances[i] = pw_instance_new(worker, plugins[i], &error);
    need(instances[i] && pw_instance_get_state(instances[i]) == PW_INSTANCE_RUNNING, &error);
  }
  chain = pw_chain_new(worker, instances, count, &error);
  need(chain != NULL, &error);
}

static void
close_chain(unsigned count)
{
  pw_chain_delete(chain);
  for (unsigned i = 0; i < count; i++) {
    pw_instance_delete(instances[i]);
  }
  pw_worker_delete(worker);
  for (unsigned i = 0; i < count; i++) {
    pw_plugin_release(plugins[i]);
  }
  pw_host_delete(host);
}

static void
run_stream(void *data)
{
  struct pw_stream *stream = pw_stream_new(chain, data);
  pw_stream_request_headers(stream, true);
  pw_stream_response_headers(stream, true);
  pw_stream_end(stream);
}

/* An operation on headers, with more and more of them. */
static void
grow_with_headers(unsigned operation)
{
  static const size_t sizes[] = {1, 5, 20, 50, 100, 200};
  const unsigned      repeats = 100;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    bench_header_count = sizes[i];
    open_chain(1, (struct order){operation, repeats});
    measure_act(sizes[i], run_stream, &stream_data, 20, repeats);
    close_chain(1);
  }
}

static void
grow_headers(void)
{
  grow_with_headers(OPERATION_PAIRS);
}

static void
grow_set_headers(void)
{
  grow_with_headers(OPERATION_SET_PAIRS);
}

static void
grow_plugins(void)
{
  unsigned most = RUNNING_ON_VALGRIND ? MOST_COUNTED_PLUGINS : MOST_PLUGINS;
  for (unsigned count = 1; count <= most; count *= 2) {
    open_chain(count, (struct order){OPERATION_NOTHING, 1});
    measure_act(count, run_stream, &stream_data, 2000, 1);
    close_chain(count);
  }
}

static void
grow_open_streams(void)
{
  struct pw_stream **streams = calloc(10000, sizeof(struct pw_stream *));
  struct pw_error    error   = {.message = "out of memory"};
  size_t             open    = 0;
  need(streams != NULL, &error);
  open_chain(1, (struct order){OPERATION_NOTHING, 1});
  for (size_t count = 1; count <= 10000; count *= 10) {
    for (; open < count; open++) {
      streams[open] = pw_stream_new(chain, &stream_data);
      pw_stream_request_headers(streams[open], true);
    }
    measure_act(count, run_stream, &stream_data, 2000, 1);
  }
  while (open > 0) {
    pw_stream_end(streams[--open]);
  }
  close_chain(1);
  free(streams);
}

/* -------------------------------------------------------------------------------------------------------- shared data
 */

#define KEY_BYTES    13 /* with the NUL; all keys are of one length */
#define CHOSEN_KEYS  100000
#define KEYS_AT_ONCE 1000

static struct pw_shared_data *shared;
static uint32_t               state = 1;
static char                   chosen[CHOSEN_KEYS][KEY_BYTES];
static size_t                 next;

static struct pw_view
key_of(uint32_t number, char *text)
{
  return pw_view_make(text, (size_t)snprintf(text, KEY_BYTES, "key-%08u", number));
}

/* Some of so many, in no order. */
static void
choose_keys(size_t keys)
{
  for (size_t i = 0; i < CHOSEN_KEYS; i++) {
    state = state * 1664525u + 1013904223u;
    key_of((uint32_t)(((uint64_t)state * keys) >> 32), chosen[i]);
  }
}

static struct pw_view
next_key(void)
{
  next = (next + 1) % CHOSEN_KEYS;
  return pw_view_make(chosen[next], KEY_BYTES - 1);
}

static void
read_keys(void *data)
{
  static struct pw_bytes value;
  uint32_t               cas;
  (void)data;
  for (size_t i = 0; i < KEYS_AT_ONCE; i++) {
    value.size = 0;
    pw_shared_data_get(shared, pw_view_of(""), next_key(), &value, &cas);
  }
}

static void
set_keys(void *data)
{
  (void)data;
  for (size_t i = 0; i < KEYS_AT_ONCE; i++) {
    pw_shared_data_set(shared, pw_view_of(""), next_key(), pw_view_of("another"), 0);
  }
}

/* Something with some of the keys, with more and more of them. */
static void
grow_with_keys(void (*act)(void *data))
{
  struct pw_error error = {.message = "out of memory"};
  uint32_t        made  = 0;
  size_t          most  = RUNNING_ON_VALGRIND ? MOST_COUNTED_KEYS : MOST_KEYS;
  char            text[KEY_BYTES];
  shared = pw_shared_data_new(UINT64_C(8) << 30, 2 * MOST_KEYS);
  need(shared != NULL, &error);
  for (size_t keys = 10; keys <= most; keys *= 10) {
    for (; made < keys; made++) {
      need(pw_shared_data_set(shared, pw_view_of(""), key_of(made, text), pw_view_of("a value"), 0) == PW_STATUS_OK,
           &error);
    }
    choose_keys(keys);
    measure_act(keys, act, NULL, 100, KEYS_AT_ONCE);
  }
  pw_shared_data_delete(shared);
}

static void
grow_keys(void)
{
  grow_with_keys(read_keys);
}

static void
grow_set_keys(void)
{
  grow_with_keys(set_keys);
}

/* -------------------------------------------------------------------------------------------------------------- queues
 */

static struct pw_shared_queues *queues;
static uint32_t                 queue;

static void
ignore(void *data, uint32_t id, uint32_t items)
{
  (void)data;
  (void)id;
  (void)items;
}

static void
pass_item(void *data)
{
  static struct pw_bytes item;
  (void)data;
  item.size = 0;
  pw_shared_queues_enqueue(queues, queue, pw_view_of("an item of some length"));
  pw_shared_queues_dequeue(queues, queue, &item);
}

static void
grow_queue(void)
{
  struct pw_error            error      = {.message = "out of memory"};
  struct pw_queue_subscriber subscriber = {ignore, &queue};
  size_t                     waiting    = 0;
  queues                                = pw_shared_queues_new(1, UINT64_C(1) << 30, UINT64_C(1) << 30);
  need(queues != NULL, &error);
  pw_shared_queues_register(queues, pw_view_of(""), pw_view_of("queue"), &subscriber, &queue);
  for (size_t items = 1; items <= 1000000; items *= 10) {
    for (; waiting < items; waiting++) {
      pw_shared_queues_enqueue(queues, queue, pw_view_of("an item of some length"));
    }
    measure_act(items, pass_item, NULL, 20000, 1);
  }
  pw_shared_queues_delete(queues);
}

/* ---------------------------------------------------------------------------------------------------------------- main
 */

static bool
read_code(const char *path)
{
  static struct pw_bytes bytes;
  struct pw_error        error;
  bool                   read = pw_file_read(path, &bytes, &error);
  code                        = pw_bytes_view(&bytes);
  return read;
}

int
main(int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*answer)(void);
  } questions[] = {{"headers", grow_headers}, {"set-headers", grow_set_headers},
                   {"plugins", grow_plugins}, {"open-streams", grow_open_streams},
                   {"keys", grow_keys},       {"set-keys", grow_set_keys},
                   {"queue", grow_queue}};
  bool readable = argc == 3 && read_code(argv[2]);
  for (size_t i = 0; readable && i < sizeof questions / sizeof questions[0]; i++) {
    if (strcmp(questions[i].name, argv[1]) == 0) {
      questions[i].answer();
      return 0;
    }
  }
  fprintf(stderr, "usage: %s headers|set-headers|plugins|open-streams|keys|set-keys|queue MODULE.wasm\n", argv[0]);
  return 2;
}
