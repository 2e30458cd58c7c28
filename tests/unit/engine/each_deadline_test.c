/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines: never early, not much late, kept by nested calls. */
#define _GNU_SOURCE
#include "each_fixture.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How late a call may end on a busy machine and under sanitizers. */
#define SLACK_MS 2000

static void
expect_timeout(struct guest *guest, const char *name, uint32_t deadline_ms)
{
  pw_value       values[1] = {{.i32 = 0}};
  double         begin     = milliseconds_now();
  struct pw_trap trap;
  double         took;

  assert_false(call_guest(guest, name, values, 1, deadline_ms, &trap));
  took = milliseconds_now() - begin;
  assert_int_equal(trap.kind, PW_TRAP_TIMEOUT);
  assert_non_null(strstr(trap.message, "too long"));
  if (took < deadline_ms || took > deadline_ms + SLACK_MS) {
    fail_msg("a deadline of %u ms ended the call after %.1f ms", (unsigned)deadline_ms, took);
  }
}

static void
an_endless_loop_is_ended_in_time_and_not_before(void **state)
{
  static const uint32_t deadlines[] = {1, 5, 20, 100};

  for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++) {
    expect_timeout(*state, "spin", deadlines[i]);
  }
}

static void
a_deadline_holds_after_the_clock_has_slept(void **state)
{
  struct guest *guest = *state;

  expect_timeout(guest, "spin", 5);
  usleep(200000);
  expect_timeout(guest, "spin", 5);
}

/* How often the thread of that name has gone to sleep of itself; -1: there is none. */
static long
sleeps_of(const char *name)
{
  DIR           *tasks = opendir("/proc/self/task");
  struct dirent *task;
  long           sleeps = -1;

  assert_non_null(tasks);
  while ((task = readdir(tasks)) != NULL) {
    char  line[512];
    char  found[64] = "";
    FILE *status;

    snprintf(line, sizeof line, "/proc/self/task/%s/status", task->d_name);
    status = fopen(line, "r");
    while (status && fgets(line, sizeof line, status)) {
      sscanf(line, "Name: %63[^\n]", found);
      if (strcmp(found, name) == 0) {
        sscanf(line, "voluntary_ctxt_switches: %ld", &sleeps);
      }
    }
    if (status) {
      fclose(status);
    }
  }
  closedir(tasks);
  return sleeps;
}

static void
the_clock_sleeps_when_no_call_can_be_due(void **state)
{
  struct guest  *guest     = *state;
  pw_value       values[2] = {{.i32 = 1}, {.i32 = 1}};
  struct pw_trap trap;
  long           sleeps;

  assert_true(call_guest(guest, "add", values, 2, 5, &trap));
  /* In a process that does nothing ticks are ten times as long. */
  usleep(1000000);
  sleeps = sleeps_of("wasm ticker");
  assert_true(sleeps > 0);
  usleep(300000);
  assert_int_equal(sleeps_of("wasm ticker"), sleeps);
}

static void
a_call_within_its_deadline_is_left_alone(void **state)
{
  struct guest  *guest = *state;
  pw_value       values[2];
  struct pw_trap trap;

  /* For longer than any one deadline, so that one of them would be due if they added up. */
  for (double end = milliseconds_now() + 300; milliseconds_now() < end;) {
    values[0].i32 = 1;
    values[1].i32 = 2;
    assert_true(call_guest(guest, "add", values, 2, 100, &trap));
  }
}

static double
processor_milliseconds(void)
{
  struct timespec time;

  assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time), 0);
  return (double)time.tv_sec * 1000 + (double)time.tv_nsec / 1e6;
}

/* A number to count to that takes at least so much processor time, which is set to what it takes. */
static int32_t
count_that_takes(struct guest *guest, double *milliseconds)
{
  for (int32_t count = 1 << 16;; count *= 2) {
    double         begin     = processor_milliseconds();
    pw_value       values[1] = {{.i32 = count}};
    struct pw_trap trap;

    assert_true(call_guest(guest, "count_to", values, 1, 0, &trap));
    assert_true(count < 1 << 30);
    if (processor_milliseconds() - begin >= *milliseconds) {
      *milliseconds = processor_milliseconds() - begin;
      return count;
    }
  }
}

/* Other processes that want the processor that this thread is on from now on. */
static void
crowd(pid_t *others, size_t count)
{
  cpu_set_t one;

  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
  for (size_t i = 0; i < count; i++) {
    others[i] = fork();
    assert_true(others[i] >= 0);
    if (others[i] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) {
      }
    }
  }
}

static void
disperse(const pid_t *others, size_t count, const cpu_set_t *before)
{
  for (size_t i = 0; i < count; i++) {
    kill(others[i], SIGKILL);
    waitpid(others[i], NULL, 0);
  }
  sched_setaffinity(0, sizeof *before, before);
}

static void
a_call_that_waits_for_its_turn_is_not_ended(void **state)
{
  struct guest  *guest = *state;
  double         takes = 60;
  pw_value       values[1];
  pid_t          others[4];
  cpu_set_t      before;
  struct pw_trap trap;

  values[0].i32 = count_that_takes(guest, &takes);
  assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
  crowd(others, sizeof others / sizeof *others);
  double begin = milliseconds_now();
  bool   ended = !call_guest(guest, "count_to", values, 1, (uint32_t)(2 * takes), &trap);
  double took  = milliseconds_now() - begin;
  disperse(others, sizeof others / sizeof *others, &before);
  if (ended || took < 3 * takes) {
    fail_msg("a call of %.0f ms was %s after %.0f ms", takes, ended ? "ended" : "over", took);
  }
}

static void
a_call_without_deadline_after_one_with_is_not_ended(void **state)
{
  struct guest  *guest     = *state;
  pw_value       values[2] = {{.i32 = 1}, {.i32 = 1}};
  struct pw_trap trap;

  assert_true(call_guest(guest, "add", values, 2, 1, &trap));
  usleep(20000);
  values[0].i32 = 50 * 1000 * 1000;
  assert_true(call_guest(guest, "count_to", values, 1, 0, &trap));
  assert_int_equal(values[0].i32, 50 * 1000 * 1000);
}

static void
spin_inside(struct guest *guest, int32_t deadline_ms)
{
  pw_value values[1];

  guest->nested_ok = call_guest(guest, "spin", values, 0, (uint32_t)deadline_ms, &guest->nested_trap);
}

static void
a_nested_call_without_deadline_keeps_the_outer_one(void **state)
{
  struct guest  *guest     = *state;
  pw_value       values[1] = {{.i32 = 0}};
  double         begin     = milliseconds_now();
  struct pw_trap trap;

  guest->notified = spin_inside;
  call_guest(guest, "call_notify", values, 1, 30, &trap);
  assert_false(guest->nested_ok);
  assert_int_equal(guest->nested_trap.kind, PW_TRAP_TIMEOUT);
  assert_true(milliseconds_now() - begin >= 30);
  assert_true(milliseconds_now() - begin < 30 + SLACK_MS);
}

static void
a_nested_call_cannot_go_beyond_the_outer_deadline(void **state)
{
  struct guest  *guest     = *state;
  pw_value       values[1] = {{.i32 = 1000000}};
  double         begin     = milliseconds_now();
  struct pw_trap trap;

  guest->notified = spin_inside;
  call_guest(guest, "call_notify", values, 1, 30, &trap);
  assert_false(guest->nested_ok);
  assert_true(milliseconds_now() - begin < 30 + SLACK_MS);
}

static void
the_outer_deadline_holds_again_after_a_nested_call(void **state)
{
  struct guest  *guest     = *state;
  pw_value       values[1] = {{.i32 = 5}};
  double         begin     = milliseconds_now();
  struct pw_trap trap;

  guest->notified = spin_inside;
  assert_false(call_guest(guest, "notify_and_spin", values, 1, 60, &trap));
  assert_false(guest->nested_ok);
  assert_int_equal(guest->nested_trap.kind, PW_TRAP_TIMEOUT);
  assert_int_equal(trap.kind, PW_TRAP_TIMEOUT);
  assert_true(milliseconds_now() - begin >= 60);
  assert_true(milliseconds_now() - begin < 60 + SLACK_MS);
}

static void
an_endless_start_section_is_ended(void **state)
{
  struct guest              *guest   = *state;
  struct pw_linked_module   *linked  = link_module(guest->ops, guest->engine, "start_spins");
  struct pw_instance_options options = {.host_data = guest};
  struct pw_error            error;

  assert_null(guest->ops->instance_new(linked, &options, 20, &error));
  assert_int_equal(error.code, PW_ERROR_TRAP);
  assert_non_null(strstr(error.message, "too long"));
  guest->ops->linked_delete(linked);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) GUEST_TEST(name, &plain_guest)
    TEST(an_endless_loop_is_ended_in_time_and_not_before),    TEST(a_deadline_holds_after_the_clock_has_slept),
    TEST(the_clock_sleeps_when_no_call_can_be_due),           TEST(a_call_within_its_deadline_is_left_alone),
    TEST(a_call_that_waits_for_its_turn_is_not_ended),        TEST(a_call_without_deadline_after_one_with_is_not_ended),
    TEST(a_nested_call_without_deadline_keeps_the_outer_one), TEST(a_nested_call_cannot_go_beyond_the_outer_deadline),
    TEST(the_outer_deadline_holds_again_after_a_nested_call), TEST(an_endless_start_section_is_ended),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
