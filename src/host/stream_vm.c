/* SPDX-License-Identifier: Apache-2.0 */
/* A VM for each stream (vm_scope: transaction). The owner's instance is the factory of theirs: its VM starts, and what
 * that comes to is kept as an image, where the engine has such. VMs of streams begin as that image; and one that a
 * stream is done with is brought back to it, and serves another one. */
#include "host/internal.h"

/* The most that are kept for streams to come: what more there are at a busy moment end with their streams. */
#define PW_MOST_SPARES 64

/* Whether a root has nothing but what is in its VM: all else would not be brought back. */
static bool
root_is_plain(const struct pw_root *root)
{
  const struct pw_vm *vm = root->context.vm;

  return vm != NULL && !pw_vm_is_dead(vm) && (vm->state & PW_VM_RUNNING) == 0 && vm->finished == NULL &&
         vm->contexts.count == 1 && root->references == 1 && root->calls.count == 0 && root->properties.count == 0 &&
         !root->subscribed && !root->context.done_pending;
}

static void
set_tick(struct pw_instance *instance, uint32_t milliseconds)
{
  struct pw_root   *root   = instance->root;
  struct pw_worker *worker = instance->worker;

  if (root->tick_milliseconds != milliseconds) {
    root->tick_milliseconds = milliseconds;
    worker->host->proxy->set_tick(worker->data, instance, milliseconds);
  }
}

void
pw_stream_vm_prepare(struct pw_instance *factory)
{
  const struct pw_root *root = factory->root;
  const struct pw_vm   *vm   = root->context.vm;

  if (factory->image == NULL && vm->engine->image_take != NULL && root_is_plain(root)) {
    factory->image      = vm->engine->image_take(vm->instance);
    factory->image_tick = root->tick_milliseconds;
  }
}

static struct pw_instance *
take_spare(struct pw_instance *factory)
{
  struct pw_instance *instance = factory->spares;

  if (instance != NULL) {
    factory->spares            = instance->next_spare;
    instance->next_spare       = NULL;
    instance->root->started_at = pw_instance_now(factory);
    --factory->spare_count;
  }
  return instance;
}

static struct pw_instance *
make_another(struct pw_instance *factory)
{
  struct pw_error     error;
  struct pw_instance *instance = pw_instance_make(factory->worker, factory->plugin, factory, &error);

  if (instance != NULL && instance->root == NULL) {
    pw_backoff_failed(&factory->stream_backoff, pw_instance_now(factory));
    pw_host_log(factory->worker->host, factory->plugin, PW_LOG_ERROR, "no VM could be started for a stream: %s",
                error.message);
  }
  if (instance != NULL && instance->root != NULL) {
    factory->stream_backoff.failures = 0;
  }
  return instance;
}

struct pw_instance *
pw_stream_vm_get(struct pw_instance *factory)
{
  struct pw_instance *instance;

  /* Its own VM, whose root has the plugin's ticks, queues and calls, is started again after a trap; until then streams
   * are served nevertheless. A module that does not start does so for no stream. */
  pw_instance_ready(factory);
  if (factory->unstarted && factory->image == NULL) {
    return NULL;
  }
  instance = take_spare(factory);
  if (instance == NULL) {
    /* A module that does not start must not cost each stream a start. */
    if (pw_instance_now(factory) < factory->stream_backoff.retry_at) {
      return NULL;
    }
    instance = make_another(factory);
  }
  if (instance != NULL && instance->root != NULL && factory->image != NULL) {
    set_tick(instance, factory->image_tick);
  }
  return instance;
}

/* Brings an instance back to what it began as. */
static bool
renew(struct pw_instance *instance)
{
  const struct pw_root *root = instance->root;
  struct pw_vm         *vm   = root->context.vm;

  set_tick(instance, 0);
  /* The root's context was the first one, and is the only one. */
  vm->next_context_id = (uint64_t)root->context.id + 1;
  return vm->engine->image_apply(vm->instance, instance->factory->image);
}

void
pw_stream_vm_put(struct pw_instance *instance)
{
  struct pw_instance *factory = instance->factory;

  if (factory->image == NULL || factory->closing || factory->spare_count >= PW_MOST_SPARES || instance->root == NULL ||
      !root_is_plain(instance->root) || !renew(instance)) {
    pw_instance_delete_locked(instance);
    return;
  }
  instance->next_spare = factory->spares;
  factory->spares      = instance;
  ++factory->spare_count;
}

void
pw_stream_vm_delete_spares(struct pw_instance *factory)
{
  struct pw_instance *instance;

  while ((instance = take_spare(factory)) != NULL) {
    pw_instance_delete_locked(instance);
  }
}
