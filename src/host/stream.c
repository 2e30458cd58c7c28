/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's life, and what modules do to it: continue, close, reply. */
#include "host/stream.h"
#include "host/snapshot.h"
#include "host/vm_path.h"

#include <stdlib.h>

/* A module that answers each reply with another one would go on for ever: one reply, and one instead of it. */
#define PW_MAX_REPLIES 2

/* ------------------------------------------------------------------------------------------------------------ begin */

/* Puts a context at a plugin's present VM. False: the plugin is broken now. */
static inline bool
context_join(struct pw_context *context, struct pw_instance *instance, struct pw_root *root)
{
  if (!pw_vm_add_context(root->context.vm, context)) {
    return false;
  }
  context->root = pw_root_retain(root);
  ++instance->streams;
  /* When it traps here the context stays, on a dead VM, as when it traps later. */
  pw_context_create(context, instance->plugin, root->context.id, instance->plugin->config.limits.callback_milliseconds);
  return true;
}

/* Takes a context out of its VM, for good. The lock of its worker is held. */
static inline void
context_leave(struct pw_context *context)
{
  struct pw_root     *root     = context->root;
  struct pw_instance *instance = context->instance;

  pw_id_map_remove(&context->vm->contexts, context->id);
  context->vm = NULL;
  --instance->streams;
  /* An instance of a chain may go with its last root, and is asked before; one of this stream is held until it is
   * deleted here. */
  if (PW_LIKELY(instance->factory == NULL)) {
    pw_root_release(root);
  } else {
    --instance->factory->streams;
    pw_root_release(root);
    pw_stream_vm_put(instance);
  }
}

/* A plugin that has a VM for each stream, or is broken now. */
static __attribute__((noinline)) void
context_begin_otherwise(struct pw_context *context)
{
  struct pw_instance *instance = context->instance;
  struct pw_root     *root;

  context->root = NULL;
  if (instance->plugin->config.vm_per_stream) {
    context->instance = pw_stream_vm_get(instance);
  }
  root = context->instance != NULL ? pw_instance_ready(context->instance) : NULL;
  if (root == NULL || !context_join(context, context->instance, root)) {
    if (context->instance != instance && context->instance != NULL) {
      pw_instance_delete_locked(context->instance);
    }
    context->instance = instance;
  } else if (context->instance != instance) {
    ++instance->streams;
  }
}

/* On a shared worker. The stream is seen by other threads from its first context of such a one on: before that it says
 * whose it is. */
static __attribute__((noinline)) void
context_begin_shared(struct pw_context *context, struct pw_worker *worker)
{
  struct pw_stream *stream = context->stream;

  if (context == &stream->contexts[stream->chain->first_shared]) {
    stream->thread = pthread_self();
  }
  context->data = NULL;
  pw_worker_lock(worker);
}

/* What a life leaves in a stage: its buffer was given back with the context. */
static inline void
stage_clear(struct pw_stage *stage)
{
  pw_buffer_begin(&stage->body);
  memset((char *)stage + offsetof(struct pw_stage, pauses), 0, sizeof(*stage) - offsetof(struct pw_stage, pauses));
}

__attribute__((always_inline)) static inline void
context_begin(struct pw_context *context, struct pw_instance *instance, void *data)
{
  struct pw_worker *worker = instance->worker;

  context->instance = instance;
  context->data     = data;
  stage_clear(&context->stages[0]);
  stage_clear(&context->stages[1]);
  if (PW_UNLIKELY(worker->lock != NULL)) {
    context_begin_shared(context, worker);
  }
  if (PW_LIKELY(instance->root != NULL && !instance->is_private)) {
    context_join(context, instance, instance->root);
  } else {
    context_begin_otherwise(context);
  }
  pw_worker_leave(worker);
}

/* Not inline, for chains of more plugins than one: a loop has a price for those that have one. */
static __attribute__((noinline)) void
contexts_begin(struct pw_stream *stream)
{
  struct pw_chain *chain = stream->chain;
  size_t           i;

  for (i = 0; i < chain->count; ++i) {
    context_begin(&stream->contexts[i], chain->instances[i], stream->data);
  }
}

/* What a life leaves in a direction; cleared by parts, as a compiler clears all at once with an instruction that is
 * slow to begin. */
static inline void
direction_clear(struct pw_direction *direction, size_t count)
{
  direction->headers_at  = count;
  direction->trailers_at = count;
  memset((char *)direction + offsetof(struct pw_direction, end), 0,
         sizeof(*direction) - offsetof(struct pw_direction, end));
}

/* What a life leaves in a stream, but for its contexts. All else is as it was made when a stream is recycled. */
static inline void
stream_clear(struct pw_stream *stream, size_t count)
{
  atomic_store_explicit(&stream->verdict, PW_NEXT_CONTINUE, memory_order_relaxed);
  stream->replies       = 0;
  stream->changed_bytes = 0;
  stream->failed        = false;
  stream->open          = 0;
  atomic_store_explicit(&stream->is_tcp, false, memory_order_relaxed);
  direction_clear(&stream->directions[0], count);
  direction_clear(&stream->directions[1], count);
}

static struct pw_stream *
stream_make(struct pw_chain *chain)
{
  struct pw_stream *stream =
    (struct pw_stream *)calloc(1, sizeof(*stream) + chain->count * sizeof(stream->contexts[0]));
  size_t i;

  for (i = 0; stream != NULL && i < chain->count; ++i) {
    stream->contexts[i].stream = stream;
  }
  if (stream != NULL) {
    stream->chain = chain;
    atomic_init(&stream->pending, 1);
  }
  return stream;
}

struct pw_stream *
pw_stream_new(struct pw_chain *chain, void *data)
{
  struct pw_stream *stream = chain->free_streams;

  if (PW_LIKELY(stream != NULL)) {
    chain->free_streams = stream->next_free;
  } else {
    stream = stream_make(chain);
    if (stream == NULL) {
      return NULL;
    }
  }
  ++chain->streams;
  stream_clear(stream, chain->count);
  stream->data = data;
  /* A module may reply while its context is made: that is for the first phase to tell, and the contexts after it are
   * not there yet. */
  stream->in_phase = true;
  if (PW_LIKELY(chain->count == 1)) {
    context_begin(&stream->contexts[0], chain->instances[0], data);
  } else {
    contexts_begin(stream);
  }
  stream->in_phase = false;
  return stream;
}

bool
pw_stream_refused(struct pw_stream *stream)
{
  size_t i;

  for (i = 0; i < stream->chain->count; ++i) {
    struct pw_context *context = &stream->contexts[i];

    if (PW_UNLIKELY(context->vm == NULL) && !context->instance->plugin->config.fail_open) {
      return true;
    }
  }
  return false;
}

/* -------------------------------------------------------------------------------------------------------------- end */

/* Gives back one of `pending` of a deferred stream; the last one ends it. Perhaps on another thread: that is not the
 * place for the chain's list. */
static void
stream_release(struct pw_stream *stream)
{
  struct pw_chain *chain = stream->chain;

  if (atomic_fetch_sub_explicit(&stream->pending, 1, memory_order_acq_rel) == 1) {
    pw_property_store_clear(&stream->properties);
    pw_snapshot_free(stream->snapshot);
    free(stream);
    pw_chain_release(chain);
  }
}

/* The common end: no context put its own off, so that nobody else knows the stream. It is in no list of pauses, has no
 * reply of another thread, no snapshot and no properties; and its contexts are in no VM, and have no buffers. */
static inline void
stream_recycle(struct pw_stream *stream, struct pw_chain *chain)
{
  pw_property_store_clear(&stream->properties);
  stream->next_free   = chain->free_streams;
  chain->free_streams = stream;
}

void
pw_stream_context_gone(struct pw_stream *stream, struct pw_context *context)
{
  pw_context_settle_done(context);
  context_leave(context);
  pw_buffers_release(&context->stages[0].body, &context->stages[1].body);
  stream_release(stream);
}

static void
stream_defer(struct pw_stream *stream, struct pw_context *context)
{
  if (!stream->deferred) {
    stream->deferred = true;
    atomic_fetch_add_explicit(&stream->chain->references, 1, memory_order_relaxed);
    stream->snapshot = stream->is_tcp ? NULL : pw_snapshot_take(stream, context);
  }
  atomic_fetch_add_explicit(&stream->pending, 1, memory_order_relaxed);
}

/* The module is not done with it: it stays, out of the proxy's reach. Its body is out of the module's reach, and may be
 * large. */
static void
context_stay(struct pw_stream *stream, struct pw_context *context)
{
  stream_defer(stream, context);
  context->detached = true;
  context->data     = NULL;
  pw_buffer_free(&context->stages[0].body);
  pw_buffer_free(&context->stages[1].body);
}

__attribute__((always_inline)) static inline void
context_end(struct pw_stream *stream, struct pw_context *context)
{
  const struct pw_plugin *plugin = context->instance->plugin;
  struct pw_worker       *worker = context->instance->worker;

  pw_worker_enter(worker);
  if (PW_LIKELY(context->vm != NULL)) {
    if (PW_LIKELY(pw_context_done(context, plugin, true))) {
      context_leave(context);
    } else {
      context_stay(stream, context);
    }
  }
  pw_buffers_release(&context->stages[0].body, &context->stages[1].body);
  pw_worker_leave(worker);
}

static __attribute__((noinline)) void
contexts_end(struct pw_stream *stream)
{
  size_t count = stream->chain->count;
  size_t i;

  for (i = 0; i < count; ++i) {
    context_end(stream, &stream->contexts[i]);
  }
}

void
pw_stream_end(struct pw_stream *stream)
{
  struct pw_chain *chain = stream->chain;
  size_t           i;

  pw_stream_pause_forget(stream);
  stream->open = 0;
  for (i = 0; i < 2; ++i) {
    /* Nobody is to be asked to go on any more. */
    atomic_store_explicit(&stream->directions[i].asked, true, memory_order_relaxed);
  }
  if (PW_LIKELY(chain->count == 1)) {
    context_end(stream, &stream->contexts[0]);
  } else {
    contexts_end(stream);
  }
  /* No module reaches the stream from another thread any more. */
  if (PW_UNLIKELY(atomic_load_explicit(&stream->posted, memory_order_acquire) != NULL)) {
    pw_stream_drop_reply(stream);
  }
  if (PW_UNLIKELY(stream->deferred)) {
    stream_release(stream);
  } else {
    stream_recycle(stream, chain);
  }
  pw_chain_leave(chain);
}

/* -------------------------------------------------------------------------------------- what modules do to a stream */

void *
pw_context_other_stream_data(const struct pw_context *context)
{
  const struct pw_stream *stream = context->stream;

  return stream == NULL || context->detached || !pw_context_stream_is_ours(context) ? NULL : stream->data;
}

void
pw_stream_ask(struct pw_stream *stream, int direction)
{
  if (!atomic_exchange_explicit(&stream->directions[direction].asked, true, memory_order_acq_rel)) {
    stream->chain->worker->host->proxy->resume(stream->data, pw_stream_type_of(stream, direction));
  }
}

void
pw_stream_set_verdict(struct pw_stream *stream, enum pw_next verdict)
{
  int none = PW_NEXT_CONTINUE;

  atomic_compare_exchange_strong_explicit(&stream->verdict, &none, (int)verdict, memory_order_acq_rel,
                                          memory_order_relaxed);
}

/* A verdict from outside of any phase has to reach the proxy: through whichever direction waits, or the request's when
 * none does. */
static void
stream_ended_by_module(struct pw_stream *stream, enum pw_next verdict)
{
  const struct pw_context *context;
  size_t                   i;
  int                      waiting = -1;

  pw_stream_set_verdict(stream, verdict);
  if (stream->in_phase) {
    return;
  }
  for (i = 0; i < stream->chain->count && waiting != 0; ++i) {
    context = &stream->contexts[i];
    if (context->stages[0].pauses != 0) {
      waiting = 0;
    } else if (context->stages[1].pauses != 0) {
      waiting = 1;
    }
  }
  pw_stream_ask(stream, waiting >= 0 ? waiting : 0);
}

bool
pw_stream_may_reply(const struct pw_stream *stream)
{
  return stream->replies < PW_MAX_REPLIES && !stream->failed;
}

void
pw_stream_replied(struct pw_stream *stream)
{
  ++stream->replies;
  stream_ended_by_module(stream, PW_NEXT_REPLY);
}

void
pw_stream_close(struct pw_stream *stream, const struct pw_context *context)
{
  if (PW_LIKELY(pw_context_stream_is_ours(context))) {
    stream_ended_by_module(stream, PW_NEXT_CLOSE);
  } else {
    /* What waits, and whether a phase is under way, is not ours to see: the phase or the proxy finds the verdict. */
    pw_stream_set_verdict(stream, PW_NEXT_CLOSE);
    pw_stream_ask(stream, 0);
  }
}

void
pw_stream_continue(struct pw_stream *stream, struct pw_context *context, enum pw_stream_type type)
{
  int              direction = (int)type & 1;
  struct pw_stage *stage     = &context->stages[direction];

  if (stage->running) {
    /* Within the callback that is about to answer "pause": it does not pause at all. */
    stage->resume = true;
  } else if (stage->pauses != 0) {
    stage->resume = true;
    pw_stream_ask(stream, direction);
  }
}

void
pw_stream_context_died(struct pw_stream *stream, struct pw_context *context)
{
  int direction;

  for (direction = 0; direction < 2; ++direction) {
    struct pw_stage *stage = &context->stages[direction];

    if (stage->pauses != 0) {
      if (!context->instance->plugin->config.fail_open) {
        /* What it held back must not go on without its word. */
        pw_stream_set_verdict(stream, PW_NEXT_FAIL);
      }
      stage->resume = true;
      pw_stream_ask(stream, direction);
    }
  }
}
