/* SPDX-License-Identifier: Apache-2.0 */
/* Isolates: made for workers, entered by their threads, kept a while when no instance is left. */
#include "isolate.h"

#include <cstdio>
#include <cstdlib>
#include <new>

/* What is on V8's heap of ours are objects around wasm, a few KiB for each instance, and tables. */
static const size_t heap_bytes = 256u << 20;
/* By this much the heap may go beyond that until the call that fills it has ended. */
static const size_t heap_reserve_bytes = 64u << 20;
/* For the next worker, or for the next VM of a worker whose only VM trapped. */
static const unsigned idle_isolates    = 4;
static const int      backtrace_frames = 20;

v8::Local<v8::String>
pw_v8_string(v8::Isolate *isolate, const char *text)
{
  return v8::String::NewFromUtf8(isolate, text).ToLocalChecked();
}

/* V8 ends the process after this: all that can be done is to say why. */
static void
out_of_memory(const char *location, bool is_heap)
{
  fprintf(stderr, "proxywasm: V8 is out of %s (%s) and ends this process\n", is_heap ? "room on its heap" : "memory",
          location);
  fflush(stderr);
}

v8::Isolate *
pw_v8_isolate_make(bool small)
{
  static v8::ArrayBuffer::Allocator *const allocator = v8::ArrayBuffer::Allocator::NewDefaultAllocator();
  v8::Isolate::CreateParams                parameters;
  v8::Isolate                             *isolate;

  parameters.array_buffer_allocator = allocator;
  parameters.allow_atomics_wait     = false;
  if (small) {
    parameters.constraints.ConfigureDefaultsFromHeapSize(0, heap_bytes);
  }
  isolate = v8::Isolate::New(parameters);
  isolate->SetOOMErrorHandler(out_of_memory);
  /* Nothing of ours waits for promises. */
  isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  isolate->SetCaptureStackTraceForUncaughtExceptions(true, backtrace_frames);
  return isolate;
}

/* The heap is nearly full: ends the call under way, and gives it room to do so. */
static size_t
near_heap_limit(void *data, size_t current, size_t initial)
{
  struct pw_v8_isolate *home = (struct pw_v8_isolate *)data;

  (void)initial;
  if (home->depth > 0) {
    home->ended = PW_V8_ENDED_HEAP;
    home->isolate->TerminateExecution();
  }
  return current + heap_reserve_bytes;
}

static v8::Local<v8::Function>
constructor_of(v8::Local<v8::Context> context, const char *name)
{
  v8::Isolate          *isolate = context->GetIsolate();
  v8::Local<v8::Object> wasm =
    context->Global()->Get(context, pw_v8_string(isolate, "WebAssembly")).ToLocalChecked().As<v8::Object>();

  return wasm->Get(context, pw_v8_string(isolate, name)).ToLocalChecked().As<v8::Function>();
}

static void
furnish(struct pw_v8_isolate *home)
{
  v8::Isolate       *isolate = home->isolate;
  v8::Isolate::Scope scope(isolate);

  home->handles.emplace(isolate);
  home->context = v8::Context::New(isolate);
  home->context->Enter();
  home->new_instance = constructor_of(home->context, "Instance");
  home->new_memory   = constructor_of(home->context, "Memory");
  home->new_table    = constructor_of(home->context, "Table");
  isolate->AddNearHeapLimitCallback(near_heap_limit, home);
  isolate->AutomaticallyRestoreInitialHeapLimit();
}

static struct pw_v8_isolate *
isolate_new(struct pw_engine *engine)
{
  struct pw_v8_isolate *home = new (std::nothrow) pw_v8_isolate();

  if (!home) {
    return nullptr;
  }
  home->engine       = engine;
  home->watch.ticker = engine->ticker;
  home->watch.end    = UINT64_MAX;
  home->watch.asked  = UINT64_MAX;
  home->isolate      = pw_v8_isolate_make(true);
  home->isolate->SetData(0, home);
  furnish(home);
  return home;
}

static void
isolate_delete(struct pw_v8_isolate *home)
{
  {
    v8::Isolate::Scope scope(home->isolate);

    home->context->Exit();
    home->handles.reset();
  }
  pw_v8_dispose(home->isolate);
  delete home;
}

/* One that serves the worker already, or nobody. Under the lock. */
static struct pw_v8_isolate *
find(struct pw_engine *engine, const void *worker)
{
  struct pw_v8_isolate *idle = nullptr;

  for (struct pw_v8_watch *watch = engine->isolates; watch; watch = watch->next) {
    struct pw_v8_isolate *home = (struct pw_v8_isolate *)watch;

    if (home->instances == 0) {
      idle = home;
    } else if (worker && home->worker == worker) {
      return home;
    }
  }
  return idle;
}

struct pw_v8_isolate *
pw_v8_isolate_take(struct pw_engine *engine, const void *worker)
{
  struct pw_v8_isolate *home;

  pthread_mutex_lock(&engine->lock);
  home = find(engine, worker);
  if (home) {
    home->worker = worker;
    home->instances++;
  }
  pthread_mutex_unlock(&engine->lock);
  if (home) {
    return home;
  }
  home = isolate_new(engine);
  if (!home) {
    return nullptr;
  }
  home->worker    = worker;
  home->instances = 1;
  pthread_mutex_lock(&engine->lock);
  home->watch.next = engine->isolates;
  engine->isolates = &home->watch;
  pthread_mutex_unlock(&engine->lock);
  return home;
}

/* Takes it off the list when enough others are idle. Under the lock. */
static bool
is_one_too_many(struct pw_engine *engine, struct pw_v8_isolate *home)
{
  unsigned             idle = 0;
  struct pw_v8_watch **link;

  for (link = &engine->isolates; *link; link = &(*link)->next) {
    idle += ((struct pw_v8_isolate *)*link)->instances == 0;
  }
  if (idle <= idle_isolates) {
    return false;
  }
  for (link = &engine->isolates; *link != &home->watch; link = &(*link)->next) {
  }
  *link = home->watch.next;
  return true;
}

void
pw_v8_isolate_give_back(struct pw_v8_isolate *home)
{
  struct pw_engine *engine = home->engine;
  bool              ends;

  pthread_mutex_lock(&engine->lock);
  home->instances--;
  ends = home->instances == 0 && home->depth == 0 && is_one_too_many(engine, home);
  pthread_mutex_unlock(&engine->lock);
  if (ends) {
    isolate_delete(home);
  }
}

void
pw_v8_isolates_delete(struct pw_engine *engine)
{
  while (engine->isolates) {
    struct pw_v8_isolate *home = (struct pw_v8_isolate *)engine->isolates;

    engine->isolates = home->watch.next;
    isolate_delete(home);
  }
}

/* On the isolate's thread, from a check that V8 makes in loops and at the begin of functions. */
static void
interrupted(v8::Isolate *isolate, void *data)
{
  struct pw_v8_isolate *home = (struct pw_v8_isolate *)data;

  if (home->depth == 0 || home->ended != PW_V8_ENDED_NOT || !pw_v8_deadline_due(&home->watch)) {
    return;
  }
  v8::HandleScope handles(isolate);

  home->ended = PW_V8_ENDED_TIMEOUT;
  pw_v8_trap_set_trace(isolate, v8::StackTrace::CurrentStackTrace(isolate, backtrace_frames),
                       home->current->linked->module, &home->ended_at);
  isolate->TerminateExecution();
}

void
pw_v8_isolate_interrupt(struct pw_v8_watch *watch)
{
  struct pw_v8_isolate *home = (struct pw_v8_isolate *)watch;

  home->isolate->RequestInterrupt(interrupted, home);
}
