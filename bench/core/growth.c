/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the host's costs grow: core_growth QUESTION [MODULE.wasm], with bench/modules/operations.c as the module.
 * Writes a line for each size: SIZE NANOSECONDS.
 */
#include "operations.h"
#include "proxy.h"
#include "surroundings.h"

#include "engine/file.h"
#include "host/shared_data.h"
#include "host/shared_queue.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_PLUGINS 32
#define ROUNDS       9

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

static void
tell(size_t size, double time)
{
  printf("%zu %.1f\n", size, time);
  fflush(stdout);
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

static void
grow_headers(void)
{
  static const size_t sizes[] = {1, 5, 20, 50, 100, 200};
  const unsigned      repeats = 100;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    bench_header_count = sizes[i];
    open_chain(1, (struct order){OPERATION_PAIRS, repeats});
    tell(sizes[i], least_time(run_stream, &stream_data, 20) / repeats);
    close_chain(1);
  }
}

static void
grow_plugins(void)
{
  for (unsigned count = 1; count <= MOST_PLUGINS; count *= 2) {
    open_chain(count, (struct order){OPERATION_NOTHING, 1});
    tell(count, least_time(run_stream, &stream_data, 2000));
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
    tell(count, least_time(run_stream, &stream_data, 2000));
  }
  while (open > 0) {
    pw_stream_end(streams[--open]);
  }
  close_chain(1);
  free(streams);
}

/* -------------------------------------------------------------------------------------------------------- shared data
 */

static struct pw_shared_data *shared;
static uint32_t               state = 1;

static struct pw_view
key_of(uint32_t number, char *text)
{
  return pw_view_make(text, (size_t)snprintf(text, 16, "key-%u", number));
}

static void
read_any_key(void *data)
{
  static struct pw_bytes value;
  size_t                 keys = *(size_t *)data;
  uint32_t               cas;
  char                   text[16];
  state      = state * 1664525u + 1013904223u;
  value.size = 0;
  pw_shared_data_get(shared, pw_view_of(""), key_of((uint32_t)(((uint64_t)state * keys) >> 32), text), &value, &cas);
}

static void
grow_keys(void)
{
  struct pw_error error = {.message = "out of memory"};
  uint32_t        made  = 0;
  char            text[16];
  shared = pw_shared_data_new(UINT64_C(8) << 30, 20000000);
  need(shared != NULL, &error);
  for (size_t keys = 10; keys <= 10000000; keys *= 10) {
    for (; made < keys; made++) {
      need(pw_shared_data_set(shared, pw_view_of(""), key_of(made, text), pw_view_of("a value"), 0) == PW_STATUS_OK,
           &error);
    }
    tell(keys, least_time(read_any_key, &keys, 100000));
  }
  pw_shared_data_delete(shared);
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
    tell(items, least_time(pass_item, NULL, 20000));
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
  } questions[] = {{"headers", grow_headers},
                   {"plugins", grow_plugins},
                   {"open-streams", grow_open_streams},
                   {"keys", grow_keys},
                   {"queue", grow_queue}};
  bool readable = argc == 3 && read_code(argv[2]);
  for (size_t i = 0; readable && i < sizeof questions / sizeof questions[0]; i++) {
    if (strcmp(questions[i].name, argv[1]) == 0) {
      questions[i].answer();
      return 0;
    }
  }
  fprintf(stderr, "usage: %s headers|plugins|open-streams|keys|queue MODULE.wasm\n", argv[0]);
  return 2;
}
