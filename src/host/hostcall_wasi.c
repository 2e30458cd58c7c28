/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WASI functions that the SDKs' modules import. A module has standard output and error, clocks, randomness and its
 * configured environment; no files, no sockets, no arguments, and it cannot sleep.
 */
#include "host/guest.h"
#include "host/hostcall_table.h"
#include "host/log.h"

#define PW_WASI_STDOUT            1
#define PW_WASI_STDERR            2
#define PW_WASI_MAX_IOVECS        1024
#define PW_WASI_MAX_RANDOM        65536
#define PW_WASI_MAX_SUBSCRIPTIONS 64
#define PW_WASI_CLOCK_REALTIME    0
#define PW_WASI_CLOCK_MONOTONIC   1

#define PW_WASI(function)                                                                                              \
  static inline enum pw_wasi_errno function##_body(struct pw_vm *vm, const pw_value *in);                              \
  const char                      *function(void *context, const void *data, pw_value *values)                         \
  {                                                                                                                    \
    (void)data;                                                                                                        \
    values[0].u64 = (uint32_t)function##_body((struct pw_vm *)context, values);                                        \
    return NULL;                                                                                                       \
  }                                                                                                                    \
  static inline enum pw_wasi_errno function##_body(struct pw_vm *vm, const pw_value *in)

#define PW_WASI_CONSTANT(function, errno_value)                                                                        \
  const char *function(void *context, const void *data, pw_value *values)                                              \
  {                                                                                                                    \
    (void)context;                                                                                                     \
    (void)data;                                                                                                        \
    values[0].u64 = (errno_value);                                                                                     \
    return NULL;                                                                                                       \
  }

PW_WASI_CONSTANT(pw_wasi_badf, PW_WASI_BADF)
PW_WASI_CONSTANT(pw_wasi_noent, PW_WASI_NOENT)
PW_WASI_CONSTANT(pw_wasi_nosys, PW_WASI_NOSYS)
PW_WASI_CONSTANT(pw_wasi_notsup, PW_WASI_NOTSUP)
PW_WASI_CONSTANT(pw_wasi_sched_yield, PW_WASI_SUCCESS)
PW_WASI_CONSTANT(pw_wasi_args_get, PW_WASI_SUCCESS)

/* ---------------------------------------------------------------------------------------------------------- output */

/* Gathers the vectors, up to what a log line may hold; `*size` is all of it. */
static enum pw_wasi_errno
gather(struct pw_vm *vm, uint32_t iovecs, uint32_t count, size_t limit, struct pw_bytes *bytes, uint64_t *size)
{
  uint32_t i;

  if (count > PW_WASI_MAX_IOVECS) {
    return PW_WASI_INVAL;
  }
  *size = 0;
  for (i = 0; i < count; ++i) {
    const char    *vector = pw_guest(vm, iovecs + i * 8, 8);
    pw_value       part[2];
    struct pw_view view;

    if (vector == NULL || iovecs > UINT32_MAX - i * 8) {
      return PW_WASI_FAULT;
    }
    memcpy(&part[0].u32, vector, 4);
    memcpy(&part[1].u32, vector + 4, 4);
    if (!pw_guest_view(vm, part[0], part[1], &view)) {
      return PW_WASI_FAULT;
    }
    *size += view.size;
    if (bytes->size < limit) {
      view.size = view.size < limit - bytes->size ? view.size : limit - bytes->size;
      pw_bytes_append(bytes, view.data, view.size);
    }
  }
  return *size <= UINT32_MAX ? PW_WASI_SUCCESS : PW_WASI_INVAL;
}

PW_WASI(pw_wasi_fd_write)
{
  struct pw_instance *instance = vm->effective->instance;
  struct pw_bytes    *bytes    = &vm->worker->output_bytes;
  size_t              limit    = (size_t)instance->plugin->config.limits.log_line_bytes + 1;
  enum pw_wasi_errno  result;
  uint64_t            size;

  if (in[0].u32 != PW_WASI_STDOUT && in[0].u32 != PW_WASI_STDERR) {
    return PW_WASI_BADF;
  }
  bytes->size = 0;
  if (pw_guest(vm, in[3].u32, 4) == NULL) {
    return PW_WASI_FAULT;
  }
  result = gather(vm, in[1].u32, in[2].u32, limit, bytes, &size);
  if (result != PW_WASI_SUCCESS) {
    return result;
  }
  /* println! ends its text with a newline, which the log makes itself. */
  if (bytes->size == size && size > 0 && bytes->data[size - 1] == '\n') {
    --bytes->size;
  }
  if (bytes->size > 0) {
    pw_instance_log(instance, in[0].u32 == PW_WASI_STDOUT ? PW_LOG_INFO : PW_LOG_ERROR, pw_bytes_view(bytes));
  }
  pw_guest_write_u32(vm, in[3].u32, (uint32_t)size);
  return PW_WASI_SUCCESS;
}

/* Both outputs are character devices that can be written; so modules write lines, without seeking. */
PW_WASI(pw_wasi_fd_fdstat_get)
{
  const uint64_t right_fd_write   = UINT64_C(1) << 6;
  const uint8_t  character_device = 2;
  const size_t   rights_base      = 8;
  char          *stat             = pw_guest(vm, in[1].u32, 24);

  if (in[0].u32 != PW_WASI_STDOUT && in[0].u32 != PW_WASI_STDERR) {
    return PW_WASI_BADF;
  }
  if (stat == NULL) {
    return PW_WASI_FAULT;
  }
  memset(stat, 0, 24);
  memcpy(stat, &character_device, 1);
  memcpy(stat + rights_base, &right_fd_write, 8);
  return PW_WASI_SUCCESS;
}

/* ------------------------------------------------------------------------------------------------ clocks, randomness
 */

PW_WASI(pw_wasi_clock_time_get)
{
  const struct pw_proxy_ops *proxy = vm->host->proxy;
  uint64_t                   now;

  if (in[0].u32 == PW_WASI_CLOCK_REALTIME) {
    now = proxy->time_realtime(vm->host->proxy_data);
  } else if (in[0].u32 == PW_WASI_CLOCK_MONOTONIC) {
    now = proxy->time_monotonic(vm->host->proxy_data);
  } else {
    return PW_WASI_NOTSUP;
  }
  return pw_guest_write_u64(vm, in[2].u32, now) ? PW_WASI_SUCCESS : PW_WASI_FAULT;
}

PW_WASI(pw_wasi_clock_res_get)
{
  if (in[0].u32 > PW_WASI_CLOCK_MONOTONIC) {
    return PW_WASI_NOTSUP;
  }
  return pw_guest_write_u64(vm, in[1].u32, 1) ? PW_WASI_SUCCESS : PW_WASI_FAULT;
}

PW_WASI(pw_wasi_random_get)
{
  char *target = pw_guest(vm, in[0].u32, in[1].u32);

  if (target == NULL) {
    return PW_WASI_FAULT;
  }
  if (in[1].u32 > PW_WASI_MAX_RANDOM) {
    return PW_WASI_INVAL;
  }
  return vm->host->proxy->random(vm->host->proxy_data, target, in[1].u32) ? PW_WASI_SUCCESS : PW_WASI_NOTSUP;
}

/* Nothing can be waited for: a clock that a module would sleep on is reported as past at once, anything else as an
 * error. Go's scheduler lives with that; its time is bounded by the callback's. Layouts: WASI preview 1, subscription
 * (48 bytes) and event (32 bytes). */
PW_WASI(pw_wasi_poll_oneoff)
{
  const size_t subscription_size = 48;
  const size_t event_size        = 32;
  uint32_t     count             = in[2].u32;
  char        *subscriptions;
  char        *events;
  uint32_t     i;

  if (count == 0 || count > PW_WASI_MAX_SUBSCRIPTIONS) {
    return PW_WASI_INVAL;
  }
  subscriptions = pw_guest(vm, in[0].u32, (uint32_t)(count * subscription_size));
  events        = pw_guest(vm, in[1].u32, (uint32_t)(count * event_size));
  if (subscriptions == NULL || events == NULL || pw_guest(vm, in[3].u32, 4) == NULL) {
    return PW_WASI_FAULT;
  }
  for (i = 0; i < count; ++i) {
    char           event[32] = {0};
    const char    *source    = subscriptions + i * subscription_size;
    const uint8_t  type      = (uint8_t)source[8];
    const uint16_t result    = type == 0 ? PW_WASI_SUCCESS : PW_WASI_BADF;

    memcpy(event, source, 8);
    memcpy(event + 8, &result, sizeof(result));
    memcpy(event + 10, &type, sizeof(type));
    /* The regions may overlap when a hostile module says so; each is inside on its own. */
    memmove(events + i * event_size, event, event_size);
  }
  pw_guest_write_u32(vm, in[3].u32, count);
  return PW_WASI_SUCCESS;
}

/* --------------------------------------------------------------------------------------- environment and arguments */

PW_WASI(pw_wasi_environ_sizes_get)
{
  const struct pw_plugin_config *config = &vm->plugin->config;
  uint64_t                       size   = 0;
  size_t                         i;

  for (i = 0; i < config->environment_count; ++i) {
    size += config->environment[i].key.size + config->environment[i].value.size + 2;
  }
  if (!pw_guest_write_u32(vm, in[0].u32, (uint32_t)config->environment_count) ||
      !pw_guest_write_u32(vm, in[1].u32, (uint32_t)size)) {
    return PW_WASI_FAULT;
  }
  return PW_WASI_SUCCESS;
}

/* One "KEY=value" with its end, at `address`. */
static bool
write_variable(struct pw_vm *vm, uint32_t address, const struct pw_pair *variable)
{
  size_t size   = variable->key.size + variable->value.size + 2;
  char  *target = size <= UINT32_MAX ? pw_guest(vm, address, (uint32_t)size) : NULL;

  if (target == NULL) {
    return false;
  }
  memcpy(target, variable->key.data, variable->key.size);
  target[variable->key.size] = '=';
  memcpy(target + variable->key.size + 1, variable->value.data, variable->value.size);
  target[size - 1] = '\0';
  return true;
}

PW_WASI(pw_wasi_environ_get)
{
  const struct pw_plugin_config *config  = &vm->plugin->config;
  uint64_t                       array   = in[0].u32;
  uint64_t                       address = in[1].u32;
  size_t                         i;

  for (i = 0; i < config->environment_count; ++i) {
    const struct pw_pair *variable = &config->environment[i];

    if (address > UINT32_MAX || array > UINT32_MAX || !pw_guest_write_u32(vm, (uint32_t)array, (uint32_t)address) ||
        !write_variable(vm, (uint32_t)address, variable)) {
      return PW_WASI_FAULT;
    }
    array += 4;
    address += variable->key.size + variable->value.size + 2;
  }
  return PW_WASI_SUCCESS;
}

PW_WASI(pw_wasi_args_sizes_get)
{
  return pw_guest_write_u32(vm, in[0].u32, 0) && pw_guest_write_u32(vm, in[1].u32, 0) ? PW_WASI_SUCCESS : PW_WASI_FAULT;
}

/* A module that exits takes its VM with it, and nothing else. */
const char *
pw_wasi_proc_exit(void *context, const void *data, pw_value *values)
{
  (void)context;
  (void)data;
  return values[0].u32 == 0 ? "the module called proc_exit(0)" : "the module called proc_exit with an error code";
}
