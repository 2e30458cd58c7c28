/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cli/profile/sampler.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "host/hostcall.h"

/* Some 100 ms of samples: as long as a callback may take by default. */
#define SLOTS 512

static struct {
  struct pw_sample        *samples;
  size_t                   count; /* of those that wait */
  struct pw_mark           marks[PW_SAMPLE_MARKS];
  volatile size_t          depth;
  volatile bool            active;
  struct pw_sampler_counts counts;
  pw_sample_visit          visit;
  void                    *data;
  struct pw_sample        *lesson; /* NULL: nothing is to be learnt */
  bool                     taught; /* about the callback under way */
  pw_sample_visit          lesson_visit;
  void                    *lesson_data;
  timer_t                  timer;
} sampler;

/* --------------------------------------------------------------------------------------------------------- copying */

/* Reads other functions' part of the stack, which a sanitizer would object to. */
__attribute__((no_sanitize("address"))) static void
copy_stack(struct pw_sample *sample)
{
  uintptr_t end   = sample->marks[0].frame;
  size_t    bytes = sample->stack < end ? end - sample->stack : 0;
  size_t    words = (bytes < PW_SAMPLE_STACK ? bytes : PW_SAMPLE_STACK) / sizeof(uintptr_t);
  /* Word by word: what copies memory in the C library may be watched, too. */
  const volatile uintptr_t *from = (const volatile uintptr_t *)sample->stack;
  volatile uintptr_t       *to   = (volatile uintptr_t *)sample->bytes;
  for (size_t i = 0; i < words; i++) {
    to[i] = from[i];
  }
  sample->size = words * sizeof(uintptr_t);
}

static void
copy_marks(struct pw_sample *sample)
{
  size_t depth       = sampler.depth;
  sample->mark_count = depth < PW_SAMPLE_MARKS ? depth : PW_SAMPLE_MARKS;
  for (size_t i = 0; i < sample->mark_count; i++) {
    sample->marks[i] = sampler.marks[i];
  }
}

static void
teach(void)
{
  copy_marks(sampler.lesson);
  copy_stack(sampler.lesson);
  sampler.lesson_visit(sampler.lesson_data, sampler.lesson);
}

/* ---------------------------------------------------------------------------------------------------------- marks */

static inline __attribute__((always_inline)) void
set_mark(struct pw_instance *instance, const char *name, bool hostcall, void *frame)
{
  size_t depth = sampler.depth;
  if (depth < PW_SAMPLE_MARKS) {
    struct pw_mark *mark = &sampler.marks[depth];
    mark->name           = name;
    mark->plugin         = instance ? pw_instance_plugin(instance) : NULL;
    mark->frame          = (uintptr_t)frame;
    mark->hostcall       = hostcall;
  }
  /* The signal comes on this thread: it is enough that the compiler keeps the order. */
  atomic_signal_fence(memory_order_seq_cst);
  sampler.depth = depth + 1;
}

static void
take_mark_off(void)
{
  atomic_signal_fence(memory_order_seq_cst);
  if (sampler.depth > 0) {
    sampler.depth--;
  }
  if (sampler.depth == 0 && sampler.count > SLOTS / 2) {
    pw_sampler_drain();
  }
}

/* Overwrites what earlier calls have left below the stack. */
__attribute__((noinline, no_sanitize("address"))) static void
wipe_stack(void)
{
  volatile uint8_t left[2 * PW_SAMPLE_STACK];
  for (size_t i = 0; i < sizeof(left); i++) {
    left[i] = 0;
  }
}

static void
on_callback_begin(void *data, struct pw_instance *instance, const char *callback, const pw_value *arguments,
                  size_t count)
{
  (void)data, (void)arguments, (void)count;
  set_mark(instance, callback, false, __builtin_frame_address(0));
  if (sampler.lesson != NULL) {
    /* Nothing of this is the module's. */
    bool active    = sampler.active;
    sampler.active = false;
    sampler.taught = false;
    wipe_stack();
    sampler.active = active;
  }
}

static void
on_callback_end(void *data, struct pw_instance *instance, const char *callback, const pw_value *result,
                const struct pw_trap *trap)
{
  (void)data, (void)instance, (void)callback, (void)result, (void)trap;
  take_mark_off();
}

static void
on_hostcall_begin(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall,
                  const pw_value *arguments)
{
  (void)data, (void)arguments;
  set_mark(instance, hostcall->name, true, __builtin_frame_address(0));
  if (sampler.lesson != NULL && !sampler.taught && sampler.depth == 2) {
    sampler.taught        = true;
    sampler.lesson->stack = (uintptr_t)__builtin_frame_address(0);
    teach();
  }
}

static void
on_hostcall_end(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall, const pw_value *arguments,
                const pw_value *result, const char *trap)
{
  (void)data, (void)instance, (void)hostcall, (void)arguments, (void)result, (void)trap;
  take_mark_off();
}

const struct pw_trace_ops pw_sampler_ops = {
  .callback_begin = on_callback_begin,
  .callback_end   = on_callback_end,
  .hostcall_begin = on_hostcall_begin,
  .hostcall_end   = on_hostcall_end,
};

/* --------------------------------------------------------------------------------------------------------- signal */

#if defined(__x86_64__)
#define PROCESSOR_IS_KNOWN true
static void
read_registers(const ucontext_t *context, struct pw_sample *sample)
{
  sample->instruction = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
  sample->stack       = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
  sample->frame       = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
  sample->at_return   = *(const uint8_t *)sample->instruction == 0xc3;
}
#elif defined(__aarch64__)
#define PROCESSOR_IS_KNOWN true
static void
read_registers(const ucontext_t *context, struct pw_sample *sample)
{
  sample->instruction = (uintptr_t)context->uc_mcontext.pc;
  sample->stack       = (uintptr_t)context->uc_mcontext.sp;
  sample->frame       = (uintptr_t)context->uc_mcontext.regs[29];
  sample->at_return   = false;
}
#else
#define PROCESSOR_IS_KNOWN false
static void
read_registers(const ucontext_t *context, struct pw_sample *sample)
{
  (void)context, (void)sample;
}
#endif

__attribute__((no_sanitize("address"))) static void
on_signal(int number, siginfo_t *information, void *context)
{
  (void)number, (void)information;
  if (!sampler.active) {
    return;
  }
  if (sampler.depth == 0) {
    sampler.counts.outside++;
    return;
  }
  if (sampler.count == SLOTS) {
    sampler.counts.lost++;
    return;
  }
  struct pw_sample *sample = &sampler.samples[sampler.count];
  copy_marks(sample);
  read_registers(context, sample);
  copy_stack(sample);
  sampler.counts.taken++;
  sampler.count++;
}

void
pw_sampler_drain(void)
{
  if (sampler.count == 0) {
    return;
  }
  sampler.active = false;
  atomic_signal_fence(memory_order_seq_cst);
  for (size_t i = 0; i < sampler.count; i++) {
    sampler.visit(sampler.data, &sampler.samples[i]);
  }
  sampler.count = 0;
  atomic_signal_fence(memory_order_seq_cst);
  sampler.active = true;
}

/* ---------------------------------------------------------------------------------------------------- start, stop */

static bool
start_timer(uint32_t interval_microseconds)
{
  struct sigaction  action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  struct sigevent   event  = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
  struct timespec   every  = {.tv_sec  = interval_microseconds / 1000000,
                              .tv_nsec = (long)(interval_microseconds % 1000000) * 1000};
  struct itimerspec when   = {.it_interval = every, .it_value = every};
  event._sigev_un._tid     = (pid_t)syscall(SYS_gettid);
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGPROF, &action, NULL) != 0) {
    return false;
  }
  if (timer_create(CLOCK_MONOTONIC, &event, &sampler.timer) != 0) {
    return false;
  }
  sampler.active = true;
  return timer_settime(sampler.timer, 0, &when, NULL) == 0;
}

void
pw_sampler_learn(pw_sample_visit visit, void *data)
{
  free(sampler.lesson);
  sampler.lesson       = visit != NULL ? calloc(1, sizeof(*sampler.lesson)) : NULL;
  sampler.lesson_visit = visit;
  sampler.lesson_data  = data;
}

bool
pw_sampler_start(uint32_t interval_microseconds, pw_sample_visit visit, void *data, struct pw_error *error)
{
  if (!PROCESSOR_IS_KNOWN) {
    return pw_error_set(error, PW_ERROR_ENGINE, "profiles can be taken on x86-64 and AArch64 only");
  }
  sampler.samples = calloc(SLOTS, sizeof(*sampler.samples));
  if (sampler.samples == NULL) {
    return pw_error_set(error, PW_ERROR_MEMORY, "no memory for samples");
  }
  /* Touched now, so that no sample waits for memory. */
  memset(sampler.samples, 1, SLOTS * sizeof(*sampler.samples));
  sampler.counts = (struct pw_sampler_counts){0};
  sampler.count  = 0;
  sampler.visit  = visit;
  sampler.data   = data;
  if (!start_timer(interval_microseconds)) {
    pw_error_set(error, PW_ERROR_ENGINE, "there is no timer for a profile: %s", strerror(errno));
    free(sampler.samples);
    sampler.samples = NULL;
    return false;
  }
  return true;
}

struct pw_sampler_counts
pw_sampler_stop(void)
{
  if (sampler.samples != NULL) {
    timer_delete(sampler.timer);
    pw_sampler_drain();
    sampler.active = false;
    /* A signal that is still on its way finds the handler there, and nothing to do; the default would end us. */
    free(sampler.samples);
    sampler.samples = NULL;
  }
  return sampler.counts;
}
