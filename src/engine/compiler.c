/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the compiler's process, and ends it when it takes too long. */
#define _GNU_SOURCE
#include "engine/compiler.h"

#include "engine/file.h"
#include "engine/folder.h"
#include "engine/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One run. */
struct run {
  char  program[PATH_MAX];
  char  folder[PATH_MAX]; /* for its files, removed after it, however it ended; empty: it has none of its own */
  int   input;
  int   output;
  pid_t process;
  int   status;  /* as waitpid says; -1: nobody knows */
  int   failure; /* why it could not be watched: an errno */
};

static bool
write_request(const struct run *run, const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
              const struct pw_compile_limits *limits, struct pw_view code)
{
  struct pw_compiler_request request;

  memset(&request, 0, sizeof request);
  memcpy(request.magic, PW_COMPILER_MAGIC, sizeof request.magic);
  snprintf(request.engine, sizeof request.engine, "%s", ops->name);
  request.limits      = *limits;
  request.stack_bytes = settings ? settings->stack_bytes : 0;
  request.profile     = settings && settings->profile;
  request.images      = settings && settings->images;
  return pw_file_write_all(run->input, pw_view_make(&request, sizeof request)) && pw_file_write_all(run->input, code) &&
         lseek(run->input, 0, SEEK_SET) == 0;
}

/* ---- the process ---- */

/* Nothing of ours reaches it but the environment: no other file, no blocked or ignored signal. */
static int
prepare(const struct run *run, posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes)
{
  sigset_t all, none;
  int      error = posix_spawn_file_actions_adddup2(files, run->input, STDIN_FILENO);

  sigfillset(&all);
  sigemptyset(&none);
  error = error ? error : posix_spawn_file_actions_adddup2(files, run->output, STDOUT_FILENO);
  error = error ? error : posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  error = error ? error : posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
  error = error ? error : posix_spawnattr_setsigdefault(attributes, &all);
  error = error ? error : posix_spawnattr_setsigmask(attributes, &none);
  /* A group of its own, with the programs that it may run. */
  error = error ? error : posix_spawnattr_setpgroup(attributes, 0);
  return error ? error
               : posix_spawnattr_setflags(attributes,
                                          POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
}

#define TEMPORARY "TMPDIR="

/* The environment with another TMPDIR. `temporary` has it: "TMPDIR=…". NULL: memory is out. */
static char **
make_environment(char *temporary)
{
  size_t count = 0, kept = 0;
  char **made;

  while (environ[count]) {
    count++;
  }
  made = malloc((count + 2) * sizeof *made);
  for (size_t i = 0; made && i < count; i++) {
    if (strncmp(environ[i], TEMPORARY, sizeof TEMPORARY - 1) != 0) {
      made[kept++] = environ[i];
    }
  }
  if (made) {
    made[kept++] = temporary;
    made[kept]   = NULL;
  }
  return made;
}

/* An errno, or 0. */
static int
spawn(struct run *run, const posix_spawn_file_actions_t *files, const posix_spawnattr_t *attributes)
{
  char   name[]      = PW_COMPILER_PROGRAM;
  char  *arguments[] = {name, NULL};
  char   temporary[sizeof run->folder + sizeof TEMPORARY];
  char **environment = NULL;
  int    error;

  if (run->folder[0]) {
    snprintf(temporary, sizeof temporary, TEMPORARY "%s", run->folder);
    environment = make_environment(temporary);
  }
  error = posix_spawn(&run->process, run->program, files, attributes, arguments, environment ? environment : environ);
  free(environment);
  return error;
}

/* An errno, or 0. */
static int
start(struct run *run)
{
  posix_spawn_file_actions_t files;
  posix_spawnattr_t          attributes;
  int                        error = posix_spawn_file_actions_init(&files);

  if (error) {
    return error;
  }
  error = posix_spawnattr_init(&attributes);
  if (!error) {
    error = prepare(run, &files, &attributes);
    error = error ? error : spawn(run, &files, &attributes);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&files);
  return error;
}

static int64_t
now_milliseconds(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether it has ended by itself in time. */
static bool
ends_in_time(int process, uint32_t milliseconds)
{
  int64_t       end   = now_milliseconds() + milliseconds;
  struct pollfd ended = {.fd = process, .events = POLLIN};
  int           ready;

  do {
    int64_t left = end - now_milliseconds();

    ready = poll(&ended, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

static void
wait_for(struct run *run)
{
  while (waitpid(run->process, &run->status, 0) < 0) {
    if (errno != EINTR) {
      run->status = -1;
      return;
    }
  }
}

/* What came of waiting for it. */
enum finish { FINISHED, TOOK_TOO_LONG, NOT_WATCHED };

/* Waits, and ends it if need be. */
static enum finish
finish(struct run *run, uint32_t milliseconds)
{
  int         process = pidfd_open(run->process, 0);
  enum finish end     = FINISHED;

  if (process >= 0) {
    if (!ends_in_time(process, milliseconds)) {
      /* Nobody has waited for it, so its group's number is nobody else's; but where SIGCHLD is ignored it may have
       * ended in the last moment. */
      kill(-run->process, SIGKILL);
      end = TOOK_TOO_LONG;
    }
    close(process);
  } else if (errno != ESRCH) {
    run->failure = errno;
    kill(-run->process, SIGKILL);
    end = NOT_WATCHED;
  } /* Else it has ended, where that is told nobody (SIGCHLD is ignored). */
  wait_for(run);
  return end;
}

/* ---- the answer ---- */

static bool
set_too_long(const struct pw_compile_limits *limits, struct pw_error *error)
{
  return pw_error_set(error, PW_ERROR_LIMIT, "compiling it took longer than limits.compile, %u ms",
                      limits->milliseconds);
}

static bool
set_too_large(const char *how, const struct pw_compile_limits *limits, struct pw_error *error)
{
  return pw_error_set(error, PW_ERROR_LIMIT,
                      "the compiler %s: most likely it needed more memory than limits.compile_memory, %llu MiB", how,
                      (unsigned long long)(limits->memory_bytes >> 20));
}

/* It has ended, and said nothing, or not all. */
static bool
set_crashed(const struct run *run, const struct pw_compile_limits *limits, struct pw_error *error)
{
  char how[64];

  if (run->status != -1 && WIFSIGNALED(run->status)) {
    if (WTERMSIG(run->status) == SIGALRM) {
      return set_too_long(limits, error);
    }
    snprintf(how, sizeof how, "ended by signal %d (%s)", WTERMSIG(run->status), strsignal(WTERMSIG(run->status)));
    return set_too_large(how, limits, error);
  }
  return pw_error_set(error, PW_ERROR_LIMIT,
                      "the compiler ended without an answer: most likely it had too little memory");
}

static bool
read_answer(const struct run *run, const struct pw_compile_limits *limits, struct pw_bytes *out, struct pw_error *error)
{
  struct pw_compiler_answer answer;
  struct stat               status;
  ssize_t                   got = pread(run->output, &answer, sizeof answer, 0);

  if (got != sizeof answer || memcmp(answer.magic, PW_COMPILER_MAGIC, sizeof answer.magic) != 0 ||
      fstat(run->output, &status) != 0) {
    return set_crashed(run, limits, error);
  }
  if (answer.error.code == PW_ERROR_MEMORY && limits->memory_bytes > 0) {
    return set_too_large("found no memory", limits, error);
  }
  if (answer.error.code != PW_ERROR_NONE) {
    answer.error.message[sizeof answer.error.message - 1] = '\0';
    *error                                                = answer.error;
    return false;
  }
  return lseek(run->output, sizeof answer, SEEK_SET) == sizeof answer &&
         pw_file_read_all(run->output, (size_t)status.st_size - sizeof answer, out, error);
}

static enum pw_compiler_end
set_not_started(const struct run *run, int failure, struct pw_error *error)
{
  pw_error_set(error, PW_ERROR_ENGINE, "%s cannot be run: %s", run->program, strerror(failure));
  return PW_COMPILER_NOT_STARTED;
}

static enum pw_compiler_end
run_process(struct run *run, const struct pw_compile_limits *limits, struct pw_bytes *out, struct pw_error *error)
{
  int failure = start(run);

  if (failure) {
    return set_not_started(run, failure, error);
  }
  switch (finish(run, limits->milliseconds)) {
  case FINISHED:
    return read_answer(run, limits, out, error) ? PW_COMPILER_DONE : PW_COMPILER_FAILED;
  case TOOK_TOO_LONG:
    set_too_long(limits, error);
    return PW_COMPILER_FAILED;
  default:
    return set_not_started(run, run->failure, error);
  }
}

enum pw_compiler_end
pw_compiler_run(const struct pw_engine_ops *ops, const struct pw_engine_settings *settings,
                const struct pw_compile_limits *limits, struct pw_view code, struct pw_bytes *out,
                struct pw_error *error)
{
  struct run           run = {.status = -1};
  enum pw_compiler_end end = PW_COMPILER_NOT_STARTED;

  if (!pw_engine_find_file(PW_COMPILER_PROGRAM, run.program, sizeof run.program, error)) {
    return end;
  }
  run.input  = pw_file_in_memory("wasm");
  run.output = pw_file_in_memory("code");
  if (run.input < 0 || run.output < 0 || !write_request(&run, ops, settings, limits, code)) {
    pw_error_set(error, PW_ERROR_ENGINE, "a file in memory, for %s: %s", PW_COMPILER_PROGRAM, strerror(errno));
  } else {
    /* An engine that needs none is not to fail for the want of it. */
    if (!pw_folder_make(run.folder, sizeof run.folder)) {
      run.folder[0] = '\0';
    }
    end = run_process(&run, limits, out, error);
    if (run.folder[0]) {
      pw_folder_remove(run.folder);
    }
  }
  if (run.input >= 0) {
    close(run.input);
  }
  if (run.output >= 0) {
    close(run.output);
  }
  return end;
}
