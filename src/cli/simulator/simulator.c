/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated proxy: its parts, their life, and the table that the host gets. */
#include "cli/simulator/simulator.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "cli/simulator/simulator_internal.h"

/* ------------------------------------------------------------------------------------------- the table of the host */

static void
op_log(void *proxy, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text)
{
  pw_simulator_note(proxy, plugin, level, text);
}

static uint64_t
system_clock(clockid_t clock)
{
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t
op_time_realtime(void *proxy)
{
  const struct pw_simulator *simulator = proxy;
  return simulator->options.system_time ? system_clock(CLOCK_REALTIME) : pw_simulator_time(simulator);
}

static uint64_t
op_time_monotonic(void *proxy)
{
  const struct pw_simulator *simulator = proxy;
  return simulator->options.system_time ? system_clock(CLOCK_MONOTONIC) : PW_SIMULATOR_MONOTONIC_BEGIN + simulator->now;
}

/* The generator "splitmix64": small, and the same bytes on every machine. */
static uint64_t
next_random(uint64_t *state)
{
  uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
  mixed          = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed          = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

static bool
op_random(void *proxy, void *bytes, size_t size)
{
  struct pw_simulator *simulator = proxy;
  uint8_t             *out       = bytes;
  while (simulator->options.system_random && size > 0) {
    ssize_t got = getrandom(out, size, 0);
    if (got < 0) {
      return false;
    }
    out += got;
    size -= (size_t)got;
  }
  for (size_t i = 0; i < size; i += 8) {
    uint64_t number = next_random(&simulator->random_state);
    for (size_t k = 0; k < 8 && i + k < size; k++) {
      out[i + k] = (uint8_t)(number >> (8 * k));
    }
  }
  return true;
}

static void
op_set_tick(void *worker, struct pw_instance *instance, uint32_t milliseconds)
{
  struct pw_simulator *simulator = worker;
  pw_simulator_forget_ticks(simulator, instance);
  if (milliseconds > 0) {
    struct pw_event event = {.kind = PW_EVENT_TICK, .instance = instance, .period = milliseconds};
    if (!pw_simulator_schedule(simulator, &event, (uint64_t)milliseconds * 1000000)) {
      pw_simulator_note(simulator, NULL, PW_LOG_CRITICAL, pw_view_of("no memory for a timer"));
    }
  }
}

static void
op_wake(void *worker)
{
  struct pw_simulator *simulator = worker;
  simulator->woken               = true;
}

static enum pw_status
op_local_reply(void *stream, const struct pw_local_reply *reply)
{
  struct pw_transaction *transaction = stream;
  struct pw_reply        copy        = {.given = true, .status = reply->status, .grpc_status = reply->grpc_status};
  if (transaction->map_states[PW_MAP_HTTP_RESPONSE_HEADERS] == PW_MAP_SENT) {
    return PW_STATUS_BAD_ARGUMENT;
  }
  bool done = pw_simulator_copy_bytes(&copy.details, reply->details) &&
              pw_simulator_copy_bytes(&copy.body, reply->body) &&
              pw_simulator_copy_pairs(&copy.headers, reply->headers);
  struct pw_reply *gone = done ? &transaction->reply : &copy;
  pw_bytes_clear(&gone->details);
  pw_bytes_clear(&gone->body);
  pw_fields_clear(&gone->headers);
  if (!done) {
    return PW_STATUS_INTERNAL_FAILURE;
  }
  transaction->reply = copy;
  return PW_STATUS_OK;
}

static void
op_resume(void *stream, enum pw_stream_type type)
{
  struct pw_transaction *transaction = stream;
  transaction->resume_wanted |= (uint8_t)(1u << type);
}

static void
op_body_out(void *stream, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  struct pw_transaction *transaction = stream;
  if (!pw_simulator_copy_bytes(&transaction->out[type], piece)) {
    pw_simulator_note(transaction->simulator, NULL, PW_LOG_CRITICAL, pw_view_of("no memory for a body"));
  }
  transaction->out_ended[type] |= end_of_stream;
}

static enum pw_status
op_clear_route_cache(void *stream)
{
  struct pw_transaction *transaction = stream;
  transaction->route_clears++;
  return PW_STATUS_OK;
}

const struct pw_proxy_ops pw_simulator_ops = {
  .log               = op_log,
  .time_realtime     = op_time_realtime,
  .time_monotonic    = op_time_monotonic,
  .random            = op_random,
  .metric_defined    = NULL,
  .set_tick          = op_set_tick,
  .wake              = op_wake,
  .http_call         = pw_simulator_http_call,
  .http_call_cancel  = pw_simulator_http_call_cancel,
  .grpc_call         = pw_simulator_grpc_call,
  .grpc_send         = pw_simulator_grpc_send,
  .grpc_close        = pw_simulator_grpc_close,
  .grpc_cancel       = pw_simulator_grpc_cancel,
  .map_count         = pw_simulator_map_count,
  .map_size          = pw_simulator_map_size,
  .map_pairs         = pw_simulator_map_pairs,
  .map_get           = pw_simulator_map_get,
  .map_add           = pw_simulator_map_add,
  .map_replace       = pw_simulator_map_replace,
  .map_remove        = pw_simulator_map_remove,
  .map_set           = pw_simulator_map_set,
  .property_get      = pw_simulator_property_get,
  .property_set      = pw_simulator_property_set,
  .local_reply       = op_local_reply,
  .resume            = op_resume,
  .body_out          = op_body_out,
  .clear_route_cache = op_clear_route_cache,
};

/* -------------------------------------------------------------------------------------------------- making, ending */

struct pw_simulator *
pw_simulator_new(const struct pw_simulator_options *options, struct pw_error *error)
{
  struct pw_simulator *simulator = calloc(1, sizeof(*simulator));
  if (simulator == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "no memory for the simulated proxy");
    return NULL;
  }
  simulator->options      = *options;
  simulator->phase        = "start";
  simulator->random_state = options->seed;
  if (simulator->options.time == 0) {
    simulator->options.time = PW_SIMULATOR_TIME;
  }
  struct pw_host_options host = {.proxy           = &pw_simulator_ops,
                                 .proxy_data      = simulator,
                                 .trace           = options->trace,
                                 .trace_data      = options->trace_data,
                                 .cache_directory = options->cache_directory};
  simulator->host             = pw_host_new(&host, error);
  if (simulator->host == NULL) {
    free(simulator);
    return NULL;
  }
  return simulator;
}

void
pw_simulator_stop(struct pw_simulator *simulator)
{
  for (struct pw_transaction *at = simulator->transactions; at != NULL; at = at->link) {
    pw_transaction_end(at);
  }
  simulator->phase   = "stop";
  simulator->stopped = true;
  pw_chain_delete(simulator->chain);
  simulator->chain = NULL;
  for (size_t i = simulator->instance_count; i-- > 0;) {
    pw_instance_delete(simulator->instances[i]);
    simulator->instances[i] = NULL;
  }
  /* What was planned for the instances must not find them gone. */
  simulator->event_count = 0;
  pw_worker_delete(simulator->worker);
  simulator->worker = NULL;
}

void
pw_simulator_delete(struct pw_simulator *simulator)
{
  if (simulator == NULL) {
    return;
  }
  pw_simulator_stop(simulator);
  while (simulator->transactions != NULL) {
    pw_transaction_delete(simulator->transactions);
  }
  for (size_t i = 0; i < simulator->instance_count; i++) {
    pw_plugin_release(simulator->plugins[i]);
  }
  free(simulator->instances);
  free(simulator->plugins);
  free(simulator->sources);
  pw_host_delete(simulator->host);
  while (simulator->functions != NULL) {
    struct pw_canned_function *function = simulator->functions;
    simulator->functions                = function->link;
    pw_bytes_clear(&function->result);
    free(function);
  }
  pw_simulator_calls_free(simulator);
  pw_simulator_log_free(simulator);
  pw_fields_clear(&simulator->properties);
  free(simulator->events);
  free(simulator);
}

void
pw_simulator_forget(struct pw_simulator *simulator)
{
  pw_simulator_log_forget(simulator);
  pw_simulator_calls_forget(simulator);
}

/* --------------------------------------------------------------------------------------------------------- plugins */

static bool
grow(void **array, size_t count, size_t size)
{
  void *items = realloc(*array, count * size);
  if (items == NULL) {
    return false;
  }
  *array = items;
  return true;
}

static bool
make_room(struct pw_simulator *simulator, struct pw_error *error)
{
  size_t count     = simulator->instance_count + 1;
  void  *instances = simulator->instances;
  void  *plugins   = simulator->plugins;
  void  *sources   = simulator->sources;
  bool   done      = grow(&instances, count, sizeof(struct pw_instance *)) &&
              grow(&plugins, count, sizeof(struct pw_plugin *)) &&
              grow(&sources, count, sizeof(struct pw_config_plugin *));
  simulator->instances = instances;
  simulator->plugins   = plugins;
  simulator->sources   = sources;
  return done || pw_error_set(error, PW_ERROR_MEMORY, "no memory for a plugin");
}

struct pw_instance *
pw_simulator_add_plugin(struct pw_simulator *simulator, const struct pw_plugin_config *config, struct pw_view code,
                        const char *file, struct pw_error *error)
{
  return pw_simulator_add_configured(simulator, config, NULL, code, file, error);
}

struct pw_instance *
pw_simulator_add_configured(struct pw_simulator *simulator, const struct pw_plugin_config *config,
                            const struct pw_config_plugin *from, struct pw_view code, const char *file,
                            struct pw_error *error)
{
  if (simulator->chain != NULL || simulator->stopped) {
    pw_error_set(error, PW_ERROR_ARGUMENT, "plugins cannot be added after the first transaction");
    return NULL;
  }
  if (!make_room(simulator, error)) {
    return NULL;
  }
  struct pw_plugin *plugin = pw_plugin_load(simulator->host, config, code, file, error);
  if (plugin == NULL) {
    return NULL;
  }
  if (simulator->worker == NULL) {
    simulator->worker = pw_worker_new(simulator->host, simulator, error);
  }
  simulator->phase                              = "start";
  *error                                        = (struct pw_error){PW_ERROR_NONE, ""};
  simulator->sources[simulator->instance_count] = from;
  struct pw_instance *instance = simulator->worker ? pw_instance_new(simulator->worker, plugin, error) : NULL;
  if (instance == NULL) {
    pw_plugin_release(plugin);
    return NULL;
  }
  simulator->instances[simulator->instance_count] = instance;
  simulator->plugins[simulator->instance_count++] = plugin;
  pw_simulator_drain(simulator);
  return instance;
}

bool
pw_simulator_chain(struct pw_simulator *simulator, struct pw_error *error)
{
  if (simulator->worker == NULL) {
    simulator->worker = pw_worker_new(simulator->host, simulator, error);
  }
  if (simulator->worker != NULL && simulator->chain == NULL) {
    simulator->chain = pw_chain_new(simulator->worker, simulator->instances, simulator->instance_count, error);
  }
  return simulator->chain != NULL;
}

size_t
pw_simulator_instance_count(const struct pw_simulator *simulator)
{
  return simulator->instance_count;
}

struct pw_instance *
pw_simulator_instance(const struct pw_simulator *simulator, size_t index)
{
  return index < simulator->instance_count ? simulator->instances[index] : NULL;
}

struct pw_host *
pw_simulator_host(const struct pw_simulator *simulator)
{
  return simulator->host;
}

/* ----------------------------------------------------------------------------------------------- foreign functions */

static enum pw_status
call_canned(void *data, struct pw_instance *instance, void *stream, struct pw_view arguments, struct pw_bytes *result)
{
  const struct pw_canned_function *function = data;
  (void)instance, (void)stream;
  struct pw_view answer = function->echo ? arguments : pw_bytes_view(&function->result);
  return pw_simulator_copy_bytes(result, answer) ? function->status : PW_STATUS_INTERNAL_FAILURE;
}

bool
pw_simulator_foreign_function(struct pw_simulator *simulator, const char *name, enum pw_status status,
                              struct pw_view result, bool echo, struct pw_error *error)
{
  if (simulator->worker != NULL) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "foreign function %s: cannot be added after the first plugin", name);
  }
  struct pw_canned_function *function = calloc(1, sizeof(*function));
  if (function == NULL || !pw_simulator_copy_bytes(&function->result, result)) {
    free(function);
    return pw_error_set(error, PW_ERROR_MEMORY, "foreign function %s: no memory", name);
  }
  function->status     = status;
  function->echo       = echo;
  function->link       = simulator->functions;
  simulator->functions = function;
  return pw_host_register_foreign_function(simulator->host, name, call_canned, function, error);
}
