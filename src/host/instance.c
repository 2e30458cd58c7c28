/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's place on a worker: starts its root context in a VM, starts a new one after a trap, and ends it. */
#include "host/root_calls.h"
#include "host/vm_path.h"

#include <stdlib.h>

#define PW_NANOSECONDS_PER_MILLISECOND UINT64_C(1000000)
/* A VM that lived this long, or whose failure is the first, is replaced at once. */
#define PW_RESTART_HEALTHY       (1000 * PW_NANOSECONDS_PER_MILLISECOND)
#define PW_RESTART_FIRST_DELAY   (50 * PW_NANOSECONDS_PER_MILLISECOND)
#define PW_RESTART_LONGEST_DELAY (5000 * PW_NANOSECONDS_PER_MILLISECOND)

uint64_t
pw_instance_now(const struct pw_instance *instance)
{
  const struct pw_host *host = instance->worker->host;

  return host->proxy->time_monotonic(host->proxy_data);
}

static void
instance_release(struct pw_instance *instance)
{
  if (--instance->references > 0) {
    return;
  }
  if (instance->factory == NULL) {
    pw_instance_tell_dropped(instance);
  }
  if (instance->previous != NULL) {
    instance->previous->next = instance->next;
  } else {
    instance->worker->instances = instance->next;
  }
  if (instance->next != NULL) {
    instance->next->previous = instance->previous;
  }
  if (instance->image != NULL) {
    pw_plugin_engine(instance->plugin)->image_delete(instance->image);
  }
  pw_plugin_release(instance->plugin);
  if (instance->factory != NULL) {
    instance_release(instance->factory);
  }
  free(instance);
}

/* ------------------------------------------------------------------------------------------------------------ root */

/* What the root has under way outside of its VM. */
static void
root_stop(struct pw_root *root)
{
  struct pw_instance *instance = root->context.instance;
  struct pw_worker   *worker   = instance->worker;

  pw_root_cancel_calls(root);
  pw_root_unsubscribe(root);
  if (root->tick_milliseconds != 0) {
    root->tick_milliseconds = 0;
    worker->host->proxy->set_tick(worker->data, instance, 0);
  }
}

static void
root_free(struct pw_root *root)
{
  struct pw_instance *instance = root->context.instance;

  /* Whatever a module has begun since it ended the root. */
  root_stop(root);
  pw_context_settle_done(&root->context);
  if (root->context.vm != NULL) {
    pw_id_map_remove(&root->context.vm->contexts, root->context.id);
    pw_vm_release(root->context.vm);
  }
  pw_property_store_clear(&root->properties);
  free(root);
  instance_release(instance);
}

void
pw_root_finished(struct pw_root *root)
{
  struct pw_instance *instance = root->context.instance;

  root_stop(root);
  if (instance->root == root) {
    instance->root = NULL;
    pw_vm_forget_context(root->context.vm, &root->context);
    pw_root_release(root);
  }
}

void
pw_root_end(struct pw_root *root)
{
  struct pw_instance *instance = root->context.instance;

  if (root->references == 0) {
    root_free(root);
  } else if (root->references == 1 && instance->closing && instance->root == root && !root->context.done_pending) {
    /* Only the instance itself is left: the root's own end. Held meanwhile: a trap there gives the instance's reference
     * back. */
    pw_root_retain(root);
    if (pw_context_done(&root->context, instance->plugin, false)) {
      pw_root_finished(root);
    }
    if (--root->references == 0) {
      root_free(root);
    }
  }
}

static struct pw_root *
root_new(struct pw_instance *instance, struct pw_error *error)
{
  struct pw_root *root = (struct pw_root *)calloc(1, sizeof(*root));

  if (root == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a root context");
    return NULL;
  }
  root->context.instance = instance;
  root->context.root     = root;
  root->references       = 1;
  ++instance->references;
  return root;
}

/* ----------------------------------------------------------------------------------------------------------- start */

/* What its VM begins as, if not by its start. */
static struct pw_engine_image *
instance_image(const struct pw_instance *instance)
{
  return instance->factory != NULL ? instance->factory->image : NULL;
}

/* A VM of the same identity that already runs on this worker, or a new one. One reference either way. */
static struct pw_vm *
instance_vm(struct pw_instance *instance, struct pw_root *root, struct pw_error *error)
{
  struct pw_worker *worker = instance->worker;
  struct pw_vm     *vm;

  for (vm = instance->is_private ? NULL : worker->vms; vm != NULL; vm = vm->next) {
    if (!pw_vm_is_dead(vm) &&
        pw_view_equal(pw_bytes_view(&vm->plugin->identity), pw_bytes_view(&instance->plugin->identity))) {
      ++vm->references;
      return vm;
    }
  }
  return pw_vm_new(worker, instance->plugin, root, instance_image(instance), error);
}

/* A start callback that answers a bool: on_vm_start, proxy_validate_configuration, on_configure. */
static bool
root_ask(struct pw_root *root, enum pw_callback callback, size_t size, struct pw_error *error)
{
  struct pw_vm           *vm     = root->context.vm;
  const struct pw_plugin *plugin = root->context.instance->plugin;
  pw_value                values[2];
  bool                    ok;

  if (!pw_plugin_wants(plugin, callback)) {
    return true;
  }
  values[0].u64     = root->context.id;
  values[1].u64     = size;
  root->in_vm_start = callback == PW_CALLBACK_VM_START;
  ok                = pw_vm_call(vm, &root->context, callback, values, 2, plugin->config.limits.start_milliseconds);
  root->in_vm_start = false;
  if (!ok) {
    return pw_vm_trap_error(vm, pw_callback_name(callback), error);
  }
  if (values[0].u32 == 0) {
    return pw_error_set(error, PW_ERROR_START,
                        "the module's %s answered false: it refuses its configuration (see its log lines)",
                        pw_callback_name(callback));
  }
  return true;
}

static bool
root_start(struct pw_root *root, struct pw_error *error)
{
  const struct pw_plugin        *plugin = root->context.instance->plugin;
  const struct pw_plugin_config *config = &plugin->config;

  if (!pw_context_create(&root->context, plugin, 0, config->limits.start_milliseconds)) {
    return pw_vm_trap_error(root->context.vm, pw_callback_name(PW_CALLBACK_CONTEXT_CREATE), error);
  }
  return root_ask(root, PW_CALLBACK_VM_START, config->vm_configuration.size, error) &&
         root_ask(root, PW_CALLBACK_VALIDATE_CONFIGURATION, config->configuration.size, error) &&
         root_ask(root, PW_CALLBACK_CONFIGURE, config->configuration.size, error);
}

static bool
instance_start(struct pw_instance *instance, struct pw_error *error)
{
  struct pw_worker *worker = instance->worker;
  struct pw_root   *root   = root_new(instance, error);
  struct pw_vm     *vm;
  bool              ok;

  if (root == NULL) {
    return false;
  }
  instance->starting = root;
  vm                 = instance_vm(instance, root, error);
  instance->starting = NULL;
  if (vm == NULL) {
    root_stop(root);
    pw_root_release(root);
    return false;
  }
  ok = pw_vm_add_context(vm, &root->context) || pw_error_set(error, PW_ERROR_MEMORY, "out of memory for a context");
  vm->references += ok ? 1 : 0;
  instance->starting = root;
  ok                 = ok && (instance_image(instance) != NULL || root_start(root, error));
  instance->starting = NULL;
  if (!ok) {
    root_stop(root);
    pw_root_release(root);
    pw_vm_release(vm);
    return false;
  }
  if (!vm->started && !instance->is_private) {
    vm->next    = worker->vms;
    worker->vms = vm;
  }
  vm->started      = true;
  root->started_at = pw_instance_now(instance);
  instance->root   = root;
  pw_vm_release(vm);
  if (instance->is_private && instance->factory == NULL) {
    pw_stream_vm_prepare(instance);
  }
  return true;
}

void
pw_backoff_failed(struct pw_backoff *backoff, uint64_t now)
{
  unsigned doublings = backoff->failures < 16 ? backoff->failures : 16;
  uint64_t delay     = PW_RESTART_FIRST_DELAY << doublings;

  backoff->retry_at = now + (delay < PW_RESTART_LONGEST_DELAY ? delay : PW_RESTART_LONGEST_DELAY);
  ++backoff->failures;
}

static bool
instance_try(struct pw_instance *instance, struct pw_error *error)
{
  instance->unstarted = !instance_start(instance, error);
  if (instance->unstarted) {
    pw_backoff_failed(&instance->backoff, pw_instance_now(instance));
  }
  return !instance->unstarted;
}

void
pw_instance_trapped(struct pw_instance *instance, struct pw_root *root)
{
  uint64_t now = pw_instance_now(instance);
  bool     healthy;

  root_stop(root);
  if (instance->root != root) {
    return;
  }
  instance->root = NULL;
  ++instance->traps;
  healthy = now - root->started_at >= PW_RESTART_HEALTHY;
  if (healthy) {
    instance->backoff.failures = 0;
  }
  if (healthy || instance->traps == 1) {
    instance->backoff.retry_at = now;
  } else {
    pw_backoff_failed(&instance->backoff, now);
  }
  pw_root_release(root);
}

struct pw_root *
pw_instance_restart(struct pw_instance *instance)
{
  struct pw_error error;

  if (instance->closing || pw_instance_now(instance) < instance->backoff.retry_at) {
    return NULL;
  }
  ++instance->restarts;
  if (instance_try(instance, &error)) {
    pw_host_log(instance->worker->host, instance->plugin, PW_LOG_WARN, "a new VM was started after %llu traps",
                (unsigned long long)instance->traps);
    return instance->root;
  }
  pw_host_log(instance->worker->host, instance->plugin, PW_LOG_ERROR, "no new VM could be started: %s", error.message);
  return NULL;
}

/* ---------------------------------------------------------------------------------------------------------- public */

struct pw_instance *
pw_instance_make(struct pw_worker *worker, struct pw_plugin *plugin, struct pw_instance *factory,
                 struct pw_error *error)
{
  struct pw_instance *instance = (struct pw_instance *)calloc(1, sizeof(*instance));

  if (instance == NULL) {
    pw_error_set(error, PW_ERROR_MEMORY, "out of memory for an instance");
    return NULL;
  }
  pw_error_set(error, PW_ERROR_NONE, "%s", "");
  instance->worker     = worker;
  instance->plugin     = pw_plugin_retain(plugin);
  instance->references = 1;
  /* With a VM for each stream the owner's is only the factory; it starts before there is any, so that errors are seen
   * early. */
  instance->is_private = plugin->config.vm_per_stream;
  instance->factory    = factory;
  instance->limiter    = factory != NULL ? &factory->log_limiter : &instance->log_limiter;
  instance->next       = worker->instances;
  if (instance->next != NULL) {
    instance->next->previous = instance;
  }
  worker->instances = instance;
  if (factory != NULL) {
    ++factory->references;
  }
  instance_try(instance, error);
  return instance;
}

struct pw_instance *
pw_instance_new(struct pw_worker *worker, struct pw_plugin *plugin, struct pw_error *error)
{
  struct pw_instance *instance;

  pw_worker_enter(worker);
  instance = pw_instance_make(worker, plugin, NULL, error);
  pw_worker_leave(worker);
  return instance;
}

void
pw_instance_delete_locked(struct pw_instance *instance)
{
  instance->closing = true;
  pw_stream_vm_delete_spares(instance);
  if (instance->root != NULL) {
    /* As if a last stream had ended: begins the root's own end when there is none. */
    pw_root_release(pw_root_retain(instance->root));
  }
  instance_release(instance);
}

void
pw_instance_delete(struct pw_instance *instance)
{
  struct pw_worker *worker;

  if (instance != NULL) {
    worker = instance->worker;
    pw_worker_enter(worker);
    pw_instance_delete_locked(instance);
    pw_worker_leave(worker);
  }
}

void
pw_instance_abandon(struct pw_instance *instance)
{
  struct pw_root   *root   = instance->root;
  struct pw_vm     *vm     = root != NULL ? root->context.vm : NULL;
  struct pw_worker *worker = instance->worker;

  if (vm != NULL) {
    /* As after a trap: nothing is called any more, and all contexts go. */
    vm->state |= PW_VM_DEAD;
    pw_vm_bury(vm);
  }
  if (worker->instances == instance) {
    /* Its owner did not delete it. */
    instance->references = 1;
    instance_release(instance);
  }
}

enum pw_instance_state
pw_instance_get_state(const struct pw_instance *instance)
{
  enum pw_instance_state state;

  pw_worker_enter(instance->worker);
  state = instance->root != NULL ? PW_INSTANCE_RUNNING : PW_INSTANCE_FAILED;
  pw_worker_leave(instance->worker);
  return state;
}

const struct pw_plugin *
pw_instance_plugin(const struct pw_instance *instance)
{
  return instance->plugin;
}

void *
pw_instance_worker_data(const struct pw_instance *instance)
{
  return instance->worker->data;
}

void
pw_instance_counts(const struct pw_instance *instance, uint64_t *restarts, uint64_t *traps)
{
  pw_worker_enter(instance->worker);
  *restarts = instance->restarts;
  *traps    = instance->traps + instance->stream_traps;
  pw_worker_leave(instance->worker);
}

size_t
pw_instance_streams(const struct pw_instance *instance)
{
  size_t streams;

  pw_worker_enter(instance->worker);
  streams = instance->streams;
  pw_worker_leave(instance->worker);
  return streams;
}

static struct pw_vm *
instance_present_vm(const struct pw_instance *instance)
{
  struct pw_root *root = instance->starting != NULL ? instance->starting : instance->root;
  struct pw_vm   *vm   = root != NULL ? root->context.vm : NULL;

  return vm != NULL && vm->instance != NULL && vm->memory != NULL ? vm : NULL;
}

bool
pw_instance_read(struct pw_instance *instance, uint32_t address, uint32_t size, struct pw_view *bytes)
{
  struct pw_vm *vm = instance_present_vm(instance);

  if (vm == NULL) {
    return false;
  }
  vm->engine->memory_refresh(vm->instance);
  if ((uint64_t)address + size > vm->memory->size) {
    return false;
  }
  *bytes = pw_view_make(vm->memory->base + address, size);
  return true;
}

uint64_t
pw_instance_memory_bytes(const struct pw_instance *instance)
{
  struct pw_vm *vm;
  uint64_t      bytes = 0;

  pw_worker_enter(instance->worker);
  vm = instance_present_vm(instance);
  if (vm != NULL) {
    vm->engine->memory_refresh(vm->instance);
    bytes = vm->memory->size;
  }
  pw_worker_leave(instance->worker);
  return bytes;
}
