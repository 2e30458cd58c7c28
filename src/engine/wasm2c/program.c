/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the programs that compile. What they read and write is in memory, so that nothing is left of them. */
#define _GNU_SOURCE
#include "engine/file.h"
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program's standard files: read, written, and what it says. */
enum { FILES = 3 };

/* In the new process: only what may be called in a copy of a process with threads. */
__attribute__((noreturn)) static void
become(const char *const *arguments, const int *files)
{
  sigset_t none;

  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGCHLD, SIG_DFL);
  for (int i = 0; i < FILES; i++) {
    if (dup2(files[i], i) < 0) {
      _exit(127);
    }
  }
  /* The array is not written to: exec is of a time before const. */
  execvp(arguments[0], (char *const *)(uintptr_t)arguments);
  _exit(127);
}

static bool
wait_for(pid_t process, int *status)
{
  while (waitpid(process, status, 0) < 0) {
    if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

/* wasm2c ends by a signal then; the compiler's own words, the linker's, and what is left when a part of it was ended.
 */
static bool
says_no_memory(const char *text)
{
  static const char *const words[] = {"out of memory", "memory exhausted", "Cannot allocate memory", "Killed signal"};

  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strstr(text, words[i])) {
      return true;
    }
  }
  return false;
}

/* The line of what a program said that tells an error, or its first. */
static bool
set_failed(const char *program, int status, int said, struct pw_error *error)
{
  char        text[4096];
  char        line[256];
  ssize_t     size  = pread(said, text, sizeof text - 1, 0);
  const char *begin = text;

  text[size > 0 ? size : 0] = '\0';
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127 && size <= 0) {
    return pw_error_set(error, PW_ERROR_ENGINE,
                        "engine 'wasm2c': there is no program '%s': install Debian's packages wabt and gcc to compile "
                        "modules for it, or compile them elsewhere with 'proxywasm compile'",
                        program);
  }
  if (WIFSIGNALED(status) || says_no_memory(text)) {
    return pw_error_set(error, PW_ERROR_MEMORY, "compiling: '%s' was ended, or found none", program);
  }
  if (strstr(text, "error: ")) {
    begin = strstr(text, "error: ") + strlen("error: ");
  }
  pw_text_line(line, sizeof line, begin, strcspn(begin, "\n"));
  return pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasm2c': '%s' failed: %s", program, line);
}

/* It shares the position in the file with us. */
static bool
read_output(int file, struct pw_bytes *output, struct pw_error *error)
{
  off_t size = lseek(file, 0, SEEK_END);

  if (size < 0 || lseek(file, 0, SEEK_SET) != 0) {
    return pw_error_set(error, PW_ERROR_FILE, "engine 'wasm2c': a file in memory: %s", strerror(errno));
  }
  return pw_file_read_all(file, (size_t)size, output, error);
}

static bool
run(const char *const *arguments, const int *files, struct pw_bytes *output, struct pw_error *error)
{
  pid_t process = fork();
  int   status;

  if (process < 0) {
    return pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasm2c': a process for '%s': %s", arguments[0],
                        strerror(errno));
  }
  if (process == 0) {
    become(arguments, files);
  }
  if (!wait_for(process, &status)) {
    return pw_error_set(error, PW_ERROR_ENGINE, "engine 'wasm2c': what came of '%s' is not known: %s", arguments[0],
                        strerror(errno));
  }
  if (status != 0) {
    return set_failed(arguments[0], status, files[2], error);
  }
  return read_output(files[1], output, error);
}

bool
pw_wasm2c_run(const char *const *arguments, struct pw_view input, struct pw_bytes *output, struct pw_error *error)
{
  int  files[FILES] = {pw_file_in_memory("input"), pw_file_in_memory("output"), pw_file_in_memory("said")};
  bool done         = false;

  if (files[0] < 0 || files[1] < 0 || files[2] < 0 || !pw_file_write_all(files[0], input) ||
      lseek(files[0], 0, SEEK_SET) != 0) {
    pw_error_set(error, PW_ERROR_MEMORY, "engine 'wasm2c': a file in memory: %s", strerror(errno));
  } else {
    done = run(arguments, files, output, error);
  }
  for (int i = 0; i < FILES; i++) {
    if (files[i] >= 0) {
      close(files[i]);
    }
  }
  return done;
}
