/* SPDX-License-Identifier: Apache-2.0 */
/* Compiling has an end, in time and memory, for modules that were made to have none. */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* With a sanitizer memory has no limit, and is copied each time that it grows. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1, SOON_MILLISECONDS = 100000 };
#else
enum { SANITIZED = 0, SOON_MILLISECONDS = 10000 };
#endif

struct fixture {
  struct guest            guest; /* its engine only */
  struct pw_module_source source;
  struct pw_bytes         code;
  char                    directory[64];
  enum pw_cache_result    result;
  struct pw_error         note;
  struct pw_error         error;
};

static int
setup(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);

  assert_non_null(fixture);
  fixture->guest.ops                   = find_engine();
  fixture->guest.engine                = start_engine(fixture->guest.ops, 0);
  fixture->code                        = read_module("engine_module");
  fixture->source.compile_milliseconds = 60000;
  fixture->source.compile_memory_bytes = UINT64_C(1) << 30;
  strcpy(fixture->directory, "/tmp/proxywasm_limits_XXXXXX");
  assert_non_null(mkdtemp(fixture->directory));
  *state = fixture;
  return 0;
}

static int
teardown(void **state)
{
  struct fixture *fixture   = *state;
  DIR            *directory = opendir(fixture->directory);
  struct dirent  *entry;
  char            path[512];

  while (directory && (entry = readdir(directory)) != NULL) {
    snprintf(path, sizeof path, "%s/%s", fixture->directory, entry->d_name);
    unlink(path);
  }
  if (directory) {
    closedir(directory);
  }
  rmdir(fixture->directory);
  unsetenv("PROXYWASM_ENGINE_PATH");
  pw_bytes_clear(&fixture->code);
  fixture->guest.ops->engine_delete(fixture->guest.engine);
  free(fixture);
  return 0;
}

static struct pw_compiled_module *
load(struct fixture *fixture)
{
  fixture->source.code = pw_bytes_view(&fixture->code);
  return pw_engine_load_module(fixture->guest.ops, fixture->guest.engine, NULL, &fixture->source, &fixture->result,
                               &fixture->note, &fixture->error);
}

/* Loads, and checks that the module works. */
static void
load_and_run(struct fixture *fixture)
{
  struct pw_compiled_module *module = load(fixture);

  if (!module) {
    fail_msg("%s", fixture->error.message);
  }
  run_and_delete(&fixture->guest, module);
}

/* ---- modules that take their time: one function ---- */

static void
put(struct pw_bytes *out, const void *bytes, size_t size)
{
  assert_true(pw_bytes_append(out, bytes, size));
}

static void
put_number(struct pw_bytes *out, size_t number)
{
  do {
    unsigned char byte = (unsigned char)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));

    put(out, &byte, 1);
    number >>= 7;
  } while (number > 0);
}

/* A module with a type, a table, and a function that has `count` times `begin`, and as many times `end`. */
static void
make_module(struct pw_bytes *out, size_t count, struct pw_view begin, struct pw_view end)
{
  static const char head[] = "\0asm\1\0\0\0\1\4\1\140\0\0\3\2\1\0\4\4\1\160\0\1\12";
  size_t            size   = 2 + count * (begin.size + end.size);
  struct pw_bytes   number = {0};

  pw_bytes_clear(out);
  put(out, head, sizeof head - 1);
  put_number(&number, size);
  put_number(out, 1 + number.size + size);
  put(out, "\1", 1);
  put(out, number.data, number.size);
  put(out, "\0", 1);
  for (size_t i = 0; i < count; i++) {
    put(out, begin.data, begin.size);
  }
  for (size_t i = 0; i < count; i++) {
    put(out, end.data, end.size);
  }
  put(out, "\13", 1);
  pw_bytes_clear(&number);
}

/* 150 KB, for more than a minute: loops in each other. */
static void
make_long(struct pw_bytes *out)
{
  make_module(out, 50000, pw_view_of("\3\100"), pw_view_of("\13"));
}

/* 1 MB, for more than a gigabyte: calls through a table. */
static void
make_large(struct pw_bytes *out)
{
  make_module(out, 200000, pw_view_make("\101\0\21\0\0", 5), pw_view_make(NULL, 0));
}

static int64_t
now_milliseconds(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- tests ---- */

static void
a_module_that_keeps_within_its_limits_works_and_is_kept(void **state)
{
  struct fixture *fixture = *state;

  load_and_run(fixture);
  assert_int_equal(fixture->result, PW_CACHE_OFF);
  assert_int_equal(fixture->note.code, PW_ERROR_NONE);
  fixture->source.cache_directory = fixture->directory;
  load_and_run(fixture);
  assert_int_equal(fixture->result, PW_CACHE_MISS);
  load_and_run(fixture);
  assert_int_equal(fixture->result, PW_CACHE_HIT);
  /* And it is what is kept without limits. */
  fixture->source.compile_milliseconds = 0;
  load_and_run(fixture);
  assert_int_equal(fixture->result, PW_CACHE_HIT);
}

static void
compiling_ends_in_time(void **state)
{
  struct fixture *fixture = *state;
  int64_t         begin   = now_milliseconds();

  make_long(&fixture->code);
  fixture->source.compile_milliseconds = 300;
  assert_null(load(fixture));
  assert_true(now_milliseconds() - begin < SOON_MILLISECONDS);
  assert_int_equal(fixture->error.code, PW_ERROR_LIMIT);
  assert_string_equal(fixture->error.message, "compiling it took longer than limits.compile, 300 ms");
}

static void
compiling_takes_no_more_memory_than_it_may(void **state)
{
  struct fixture *fixture = *state;

  if (SANITIZED) {
    skip();
  }
  make_large(&fixture->code);
  fixture->source.compile_memory_bytes = 128 << 20;
  assert_null(load(fixture));
  assert_int_equal(fixture->error.code, PW_ERROR_LIMIT);
  /* An engine's own allocation ends its process; what is told of a program that it runs is a matter of words. */
  assert_non_null(strstr(fixture->error.message, strcmp(fixture->guest.ops->name, "wasm2c") == 0
                                                   ? "the compiler found no memory: "
                                                   : "the compiler ended by signal "));
  assert_non_null(strstr(fixture->error.message, "more memory than limits.compile_memory, 128 MiB"));
}

static void
a_broken_module_is_told_in_the_same_words(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_error            here;
  struct pw_compiled_module *module;

  pw_bytes_clear(&fixture->code);
  put(&fixture->code, "\0asm\1\0\0\0\1\4\1\140\0\0\3\2\1\0\12\5\1\3\0\152\13", 25);
  module = fixture->guest.ops->module_compile(fixture->guest.engine, pw_bytes_view(&fixture->code), &here);
  assert_null(module);
  assert_null(load(fixture));
  assert_int_equal(fixture->error.code, here.code);
  assert_string_equal(fixture->error.message, here.message);
}

/* A program of the compiler's name that is found first. */
static void
put_in_its_place(struct fixture *fixture, const char *text, mode_t mode)
{
  char path[128];
  int  file;

  snprintf(path, sizeof path, "%s/proxywasm_compiler", fixture->directory);
  file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  assert_true(file >= 0);
  assert_int_equal(write(file, text, strlen(text)), strlen(text));
  close(file);
  setenv("PROXYWASM_ENGINE_PATH", fixture->directory, 1);
}

static void
without_the_program_it_is_compiled_here_and_told(void **state)
{
  struct fixture *fixture = *state;

  put_in_its_place(fixture, "", 0600);
  load_and_run(fixture);
  assert_int_equal(fixture->result, PW_CACHE_REJECTED);
  assert_non_null(strstr(fixture->note.message, "compiled without limits of time and memory: "));
  assert_non_null(strstr(fixture->note.message, "/proxywasm_compiler cannot be run: Permission denied"));
}

static void
a_program_that_answers_nothing_or_nonsense_is_an_error(void **state)
{
  struct fixture *fixture = *state;

  put_in_its_place(fixture, "#!/bin/sh\nexec head -c 3000 /dev/zero\n", 0700);
  assert_null(load(fixture));
  assert_int_equal(fixture->error.code, PW_ERROR_LIMIT);
  assert_non_null(strstr(fixture->error.message, "the compiler ended without an answer"));
}

static void
a_compiler_that_is_ended_leaves_no_file_behind(void **state)
{
  struct fixture *fixture = *state;
  char            temporary[128];

  snprintf(temporary, sizeof temporary, "%s/temporary", fixture->directory);
  assert_int_equal(mkdir(temporary, 0700), 0);
  setenv("TMPDIR", temporary, 1);
  put_in_its_place(fixture, "#!/bin/sh\nmkdir $TMPDIR/folder && : > $TMPDIR/folder/file && exec sleep 60\n", 0700);
  fixture->source.compile_milliseconds = 500;
  assert_null(load(fixture));
  assert_int_equal(fixture->error.code, PW_ERROR_LIMIT);
  unsetenv("TMPDIR");
  /* It is empty. */
  assert_int_equal(rmdir(temporary), 0);
}

static void
it_works_where_children_are_nobodys_to_wait_for(void **state)
{
  struct sigaction ignored = {.sa_handler = SIG_IGN}, before;

  sigaction(SIGCHLD, &ignored, &before);
  load_and_run(*state);
  compiling_ends_in_time(state);
  sigaction(SIGCHLD, &before, NULL);
}

static void
it_works_where_standard_files_are_closed(void **state)
{
  int kept[3];

  for (int i = 0; i < 3; i++) {
    kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
    close(i);
  }
  struct fixture            *fixture = *state;
  struct pw_compiled_module *module  = load(fixture);
  for (int i = 0; i < 3; i++) {
    dup2(kept[i], i);
    close(kept[i]);
  }
  assert_non_null(module);
  assert_int_equal(fixture->note.code, PW_ERROR_NONE);
  fixture->guest.ops->module_delete(module);
}

static void
an_interpreter_is_done_with_them_soon(void **state)
{
  struct fixture            *fixture = *state;
  int64_t                    begin   = now_milliseconds();
  struct pw_compiled_module *module;

  make_long(&fixture->code);
  module = load(fixture);
  fixture->guest.ops->module_delete(module);
  make_large(&fixture->code);
  module = load(fixture);
  fixture->guest.ops->module_delete(module);
  assert_true(now_milliseconds() - begin < SOON_MILLISECONDS);
}

int
main(void)
{
  const struct CMUnitTest compilers[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    TEST(a_module_that_keeps_within_its_limits_works_and_is_kept),
    TEST(compiling_ends_in_time),
    TEST(compiling_takes_no_more_memory_than_it_may),
    TEST(a_broken_module_is_told_in_the_same_words),
    TEST(without_the_program_it_is_compiled_here_and_told),
    TEST(a_program_that_answers_nothing_or_nonsense_is_an_error),
    TEST(a_compiler_that_is_ended_leaves_no_file_behind),
    TEST(it_works_where_children_are_nobodys_to_wait_for),
    TEST(it_works_where_standard_files_are_closed),
  };
  const struct CMUnitTest interpreters[] = {
    TEST(an_interpreter_is_done_with_them_soon),
  };

  if (!find_engine()->module_serialize) {
    return cmocka_run_group_tests_name("interpreters", interpreters, NULL, NULL);
  }
  return cmocka_run_group_tests_name("compilers", compilers, NULL, NULL);
}
