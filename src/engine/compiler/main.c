/* SPDX-License-Identifier: Apache-2.0 */
/* proxywasm_compiler: compiles one module and ends, within limits that hold for the whole process. Not run by people.
 */
#define _GNU_SOURCE
#include "engine/compiler.h"
#include "engine/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A sanitizer's own memory is more than any limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PW_MEMORY_CAN_BE_LIMITED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PW_MEMORY_CAN_BE_LIMITED 0
#endif
#endif
#ifndef PW_MEMORY_CAN_BE_LIMITED
#define PW_MEMORY_CAN_BE_LIMITED 1
#endif

/* Data: what is written, not the addresses that engines keep free. */
static void
set_limits(const struct pw_compile_limits *limits)
{
  const struct rlimit memory  = {limits->memory_bytes, limits->memory_bytes};
  const struct rlimit no_core = {0, 0};
  /* As much as this process may take on all processors: for programs that it runs, when nobody ends them any more. */
  const rlim_t        seconds = (limits->milliseconds / 1000 + 2) * (rlim_t)sysconf(_SC_NPROCESSORS_ONLN);
  const struct rlimit time    = {seconds, seconds};

  if (PW_MEMORY_CAN_BE_LIMITED && limits->memory_bytes > 0) {
    setrlimit(RLIMIT_DATA, &memory);
  }
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &time);
  /* Whoever waits for us ends us; this is for when nobody does any more. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(limits->milliseconds / 1000 + 2);
}

static bool
compile(const struct pw_compiler_request *request, struct pw_view code, struct pw_bytes *packed, struct pw_error *error)
{
  const struct pw_engine_settings settings = {
    .stack_bytes = request->stack_bytes, .profile = request->profile != 0, .images = request->images != 0};
  const struct pw_engine_ops *ops     = pw_engine_find(request->engine, error);
  struct pw_engine           *engine  = ops ? ops->engine_new(&settings, error) : NULL;
  struct pw_compiled_module  *module  = engine ? ops->module_compile(engine, code, error) : NULL;
  struct pw_bytes             content = {0};
  struct pw_code_identity     identity;

  /* Nothing is given back: the process ends. */
  return module && ops->module_serialize(module, &content, error) &&
         pw_code_identify(ops, &settings, code, true, &identity, error) &&
         pw_code_pack(&identity, pw_bytes_view(&content), packed, error);
}

static bool
answer(const struct pw_error *error, struct pw_view packed)
{
  struct pw_compiler_answer head;

  memset(&head, 0, sizeof head);
  memcpy(head.magic, PW_COMPILER_MAGIC, sizeof head.magic);
  head.error = *error;
  return pw_file_write_all(STDOUT_FILENO, packed) &&
         pwrite(STDOUT_FILENO, &head, sizeof head, 0) == (ssize_t)sizeof head;
}

int
main(void)
{
  struct pw_compiler_request request;
  struct stat                status;
  struct pw_bytes            packed = {0};
  struct pw_error            error  = {.code = PW_ERROR_NONE};
  const char                *input;

  if (fstat(STDIN_FILENO, &status) != 0 || (size_t)status.st_size < sizeof request ||
      (input = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, STDIN_FILENO, 0)) == MAP_FAILED) {
    fprintf(stderr, "proxywasm_compiler is run by proxywasm and its plugins, not by hand\n");
    return EXIT_FAILURE;
  }
  memcpy(&request, input, sizeof request);
  if (memcmp(request.magic, PW_COMPILER_MAGIC, sizeof request.magic) != 0) {
    pw_error_set(&error, PW_ERROR_ENGINE, PW_COMPILER_PROGRAM " is of another version: install the one of this one");
  } else {
    set_limits(&request.limits);
    compile(&request, pw_view_make(input + sizeof request, (size_t)status.st_size - sizeof request), &packed, &error);
  }
  /* The head is written last: an answer that was begun is none. */
  if (lseek(STDOUT_FILENO, sizeof(struct pw_compiler_answer), SEEK_SET) < 0 ||
      !answer(&error, pw_bytes_view(&packed))) {
    return EXIT_FAILURE;
  }
  /* Without the engine's own end, which may wait for what it has under way. */
  _exit(EXIT_SUCCESS);
}
