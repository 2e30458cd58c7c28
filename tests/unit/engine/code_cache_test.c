/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of compiled code, with the real engine: what is in it is run, so nothing wrong may be taken. */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
  struct guest              guest; /* its engine only */
  struct pw_engine_settings settings;
  struct pw_bytes           code;
  char                      directory[64];
  enum pw_cache_result      result;
  struct pw_error           note;
};

static int
setup(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);

  assert_non_null(fixture);
  fixture->guest.ops    = find_engine();
  fixture->guest.engine = start_engine(fixture->guest.ops, 0);
  fixture->code         = read_module("engine_module");
  strcpy(fixture->directory, "/tmp/proxywasm_cache_XXXXXX");
  assert_non_null(mkdtemp(fixture->directory));
  *state = fixture;
  return 0;
}

/* The path of the only file in the cache; the number of files is checked. */
static const char *
cached_file(struct fixture *fixture, size_t expected)
{
  static char    path[512];
  DIR           *directory = opendir(fixture->directory);
  struct dirent *entry;
  size_t         count = 0;

  assert_non_null(directory);
  while ((entry = readdir(directory)) != NULL) {
    if (entry->d_name[0] != '.') {
      snprintf(path, sizeof path, "%s/%s", fixture->directory, entry->d_name);
      count++;
    }
  }
  closedir(directory);
  assert_int_equal(count, expected);
  return path;
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
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && unlink(path) != 0) {
      rmdir(path);
    }
  }
  if (directory) {
    closedir(directory);
  }
  rmdir(fixture->directory);
  pw_bytes_clear(&fixture->code);
  fixture->guest.ops->engine_delete(fixture->guest.engine);
  free(fixture);
  return 0;
}

/* Loads, checks that the module works, and notes what became of the cache. */
static enum pw_cache_result
load(struct fixture *fixture, const char *directory)
{
  const struct pw_engine_ops *ops    = fixture->guest.ops;
  struct pw_module_source     source = {.code = pw_bytes_view(&fixture->code), .cache_directory = directory};
  struct pw_error             error;
  struct pw_compiled_module  *module = pw_engine_load_module(ops, fixture->guest.engine, &fixture->settings, &source,
                                                             &fixture->result, &fixture->note, &error);

  if (!module) {
    fail_msg("%s", error.message);
  }
  run_and_delete(&fixture->guest, module);
  return fixture->result;
}

/* After the file in the cache was spoilt: it is refused with the reason, and made anew. */
static void
expect_rejected(struct fixture *fixture, const char *text)
{
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_REJECTED);
  if (!strstr(fixture->note.message, text)) {
    fail_msg("'%s' does not say '%s'", fixture->note.message, text);
  }
}

static void
without_a_directory_there_is_no_cache(void **state)
{
  assert_int_equal(load(*state, NULL), PW_CACHE_OFF);
  assert_int_equal(load(*state, ""), PW_CACHE_OFF);
  cached_file(*state, 0);
}

static void
a_second_load_hits(void **state)
{
  struct fixture *fixture = *state;
  struct stat     status;

  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_MISS);
  assert_int_equal(fixture->note.code, PW_ERROR_NONE);
  assert_int_equal(stat(cached_file(fixture, 1), &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_HIT);
  assert_int_equal(fixture->note.code, PW_ERROR_NONE);
}

/* In containers a server has the same process id each time. */
static void
files_that_a_crash_left_behind_are_not_in_the_way(void **state)
{
  struct fixture *fixture = *state;
  char            cached[512];
  char            left[600];

  load(fixture, fixture->directory);
  snprintf(cached, sizeof cached, "%s", cached_file(fixture, 1));
  assert_int_equal(unlink(cached), 0);
  for (int serial = 0; serial < 100; serial++) {
    snprintf(left, sizeof left, "%s.%ld.%d.tmp", cached, (long)getpid(), serial);
    int file = open(left, O_WRONLY | O_CREAT, 0600);
    assert_true(file >= 0);
    close(file);
  }
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_MISS);
  assert_int_equal(fixture->note.code, PW_ERROR_NONE);
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_HIT);
}

static void
a_missing_directory_is_made(void **state)
{
  struct fixture *fixture = *state;
  struct stat     status;

  assert_int_equal(rmdir(fixture->directory), 0);
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_MISS);
  assert_int_equal(stat(fixture->directory, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0700);
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_HIT);
}

static void
a_cache_that_cannot_be_written_is_told_and_not_fatal(void **state)
{
  struct fixture *fixture = *state;

  assert_int_equal(load(fixture, "/proc/nothing/cache"), PW_CACHE_OFF);
  assert_int_equal(fixture->note.code, PW_ERROR_FILE);
  assert_non_null(strstr(fixture->note.message, "/proc/nothing/cache"));
  assert_int_equal(load(fixture, "/proc"), PW_CACHE_MISS);
  assert_non_null(strstr(fixture->note.message, "could not be kept"));
}

static void
a_directory_that_others_can_write_in_is_not_used(void **state)
{
  struct fixture *fixture = *state;

  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_MISS);
  assert_int_equal(chmod(fixture->directory, 01777), 0);
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_OFF);
  assert_non_null(strstr(fixture->note.message, "others can write in it"));
  assert_int_equal(load(fixture, cached_file(fixture, 1)), PW_CACHE_OFF);
  assert_non_null(strstr(fixture->note.message, "no directory"));
}

static void
other_code_or_settings_have_a_file_of_their_own(void **state)
{
  struct fixture *fixture = *state;

  load(fixture, fixture->directory);
  fixture->settings.stack_bytes = 256 << 10;
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_MISS);
  cached_file(fixture, 2);
  fixture->settings.stack_bytes = 0;
  /* A custom section changes nothing but the hash. */
  assert_true(pw_bytes_append(&fixture->code, "\0\2\1x", 4));
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_MISS);
  cached_file(fixture, 3);
}

static struct pw_bytes
read_file(const char *path)
{
  struct pw_bytes bytes = {0};
  struct pw_error error;

  assert_true(pw_file_read(path, &bytes, &error));
  return bytes;
}

static void
write_file(const char *path, struct pw_view bytes)
{
  FILE *file = fopen(path, "wb");

  assert_non_null(file);
  assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
  fclose(file);
}

static void
a_file_that_was_changed_anywhere_is_refused_and_made_anew(void **state)
{
  struct fixture *fixture = *state;
  struct pw_bytes file;
  const char     *path;

  load(fixture, fixture->directory);
  path = cached_file(fixture, 1);
  file = read_file(path);
  for (size_t i = 0; i < 20; i++) {
    size_t at = file.size * i / 20 + (i == 19 ? file.size - 1 - file.size * 19 / 20 : 0);

    file.data[at] ^= 1;
    write_file(path, pw_bytes_view(&file));
    file.data[at] ^= 1;
    assert_int_equal(load(fixture, fixture->directory), PW_CACHE_REJECTED);
    assert_int_equal(load(fixture, fixture->directory), PW_CACHE_HIT);
  }
  pw_bytes_clear(&file);
}

static void
a_truncated_file_is_refused_at_any_length(void **state)
{
  struct fixture *fixture = *state;
  struct pw_bytes file;
  const char     *path;
  size_t          lengths[] = {0, 7, 8, 100, 207, 208, 209, 0};

  load(fixture, fixture->directory);
  path       = cached_file(fixture, 1);
  file       = read_file(path);
  lengths[7] = file.size - 1;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    write_file(path, pw_view_make(file.data, lengths[i]));
    assert_int_equal(load(fixture, fixture->directory), PW_CACHE_REJECTED);
  }
  assert_true(pw_bytes_append(&file, "x", 1));
  write_file(path, pw_bytes_view(&file));
  expect_rejected(fixture, "truncated");
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_HIT);
  pw_bytes_clear(&file);
}

static void
a_file_that_others_can_write_is_refused(void **state)
{
  struct fixture *fixture = *state;

  load(fixture, fixture->directory);
  assert_int_equal(chmod(cached_file(fixture, 1), 0660), 0);
  expect_rejected(fixture, "others can write it");
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_HIT);
  assert_int_equal(chmod(cached_file(fixture, 1), 0602), 0);
  expect_rejected(fixture, "others can write it");
}

static void
a_file_of_another_owner_is_refused(void **state)
{
  struct fixture *fixture = *state;

  if (geteuid() != 0) {
    skip();
  }
  load(fixture, fixture->directory);
  assert_int_equal(chown(cached_file(fixture, 1), 12345, 12345), 0);
  expect_rejected(fixture, "belongs to user 12345");
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_HIT);
}

static void
what_is_no_plain_file_is_refused(void **state)
{
  struct fixture *fixture = *state;
  char            path[512];
  char            target[540];

  load(fixture, fixture->directory);
  snprintf(path, sizeof path, "%s", cached_file(fixture, 1));
  snprintf(target, sizeof target, "%s.target", path);
  assert_int_equal(rename(path, target), 0);
  assert_int_equal(symlink(target, path), 0);
  expect_rejected(fixture, "symbolic link");
  unlink(target);
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_HIT);

  unlink(path);
  assert_int_equal(mkfifo(path, 0600), 0);
  expect_rejected(fixture, "no plain file");

  unlink(path);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_int_equal(load(fixture, fixture->directory), PW_CACHE_REJECTED);
}

static void
a_file_of_another_module_is_refused(void **state)
{
  struct fixture *fixture = *state;
  struct pw_bytes first;
  char            path[512];

  load(fixture, fixture->directory);
  snprintf(path, sizeof path, "%s", cached_file(fixture, 1));
  first = read_file(path);
  unlink(path);
  assert_true(pw_bytes_append(&fixture->code, "\0\2\1x", 4));
  load(fixture, fixture->directory);
  write_file(cached_file(fixture, 1), pw_bytes_view(&first));
  expect_rejected(fixture, "another module");
  pw_bytes_clear(&first);
}

static const char *
other_version(void)
{
  return "0.0.1";
}

static void
a_file_of_another_version_is_refused(void **state)
{
  struct fixture             *fixture = *state;
  struct pw_engine_ops        older   = *fixture->guest.ops;
  const struct pw_engine_ops *ops     = fixture->guest.ops;
  struct pw_bytes             file;
  char                        path[512];

  older.version      = other_version;
  fixture->guest.ops = &older;
  load(fixture, fixture->directory);
  snprintf(path, sizeof path, "%s", cached_file(fixture, 1));
  file = read_file(path);
  unlink(path);
  fixture->guest.ops = ops;
  load(fixture, fixture->directory);
  write_file(cached_file(fixture, 1), pw_bytes_view(&file));
  expect_rejected(fixture, "it is for wasmtime 0.0.1, this is wasmtime");
  pw_bytes_clear(&file);
}

static void
a_module_that_does_not_compile_is_an_error_and_leaves_no_file(void **state)
{
  struct fixture         *fixture = *state;
  struct pw_module_source source  = {.code = pw_view_of("no wasm"), .cache_directory = fixture->directory};
  struct pw_error         error;

  assert_null(
    pw_engine_load_module(fixture->guest.ops, fixture->guest.engine, &fixture->settings, &source, NULL, NULL, &error));
  assert_int_equal(error.code, PW_ERROR_MODULE);
  cached_file(fixture, 0);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    TEST(without_a_directory_there_is_no_cache),
    TEST(a_second_load_hits),
    TEST(files_that_a_crash_left_behind_are_not_in_the_way),
    TEST(a_missing_directory_is_made),
    TEST(a_cache_that_cannot_be_written_is_told_and_not_fatal),
    TEST(a_directory_that_others_can_write_in_is_not_used),
    TEST(other_code_or_settings_have_a_file_of_their_own),
    TEST(a_file_that_was_changed_anywhere_is_refused_and_made_anew),
    TEST(a_truncated_file_is_refused_at_any_length),
    TEST(a_file_that_others_can_write_is_refused),
    TEST(a_file_of_another_owner_is_refused),
    TEST(what_is_no_plain_file_is_refused),
    TEST(a_file_of_another_module_is_refused),
    TEST(a_file_of_another_version_is_refused),
    TEST(a_module_that_does_not_compile_is_an_error_and_leaves_no_file),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
