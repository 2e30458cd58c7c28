/* SPDX-License-Identifier: Apache-2.0 */
/* Which pages of a private mapping are no longer the file's. What is not told the truth must not be believed: state of
 * one transaction would be left for the next. */
#define _GNU_SOURCE /* memfd_create */
#include "support/unit.h"

#include "common/written_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES 16

static size_t page;
static int    file;

static int
begin(void **state)
{
  (void)state;
  page = (size_t)sysconf(_SC_PAGESIZE);
  file = memfd_create("written pages", MFD_CLOEXEC);
  return file >= 0 && ftruncate(file, (off_t)(PAGES * page)) == 0 ? 0 : -1;
}

static int
end(void **state)
{
  (void)state;
  return close(file);
}

static void
pages_that_were_written_to_are_told_and_others_are_not(void **state)
{
  struct pw_written_pages *written = pw_written_pages_new(PW_PAGEMAP, file, PAGES);
  volatile char           *memory  = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  char                     seen    = 0;

  (void)state;
  assert_non_null(written);
  assert_true(memory != MAP_FAILED);
  memory[3 * page]           = 1;
  memory[PAGES * page - 1]   = 0; /* as it was */
  seen                       = (char)(seen + memory[5 * page]);
  const void *const begin_at = (const void *)(uintptr_t)memory;
  assert_true(pw_written_pages_ask(written, begin_at, PAGES));
  for (size_t i = 0; i < PAGES; i++) {
    assert_int_equal(pw_written_pages_has(written, i), i == 3 || i == PAGES - 1);
  }
  assert_true(pw_written_pages_ask(written, (const char *)begin_at + 3 * page, 1));
  assert_true(pw_written_pages_has(written, 0));
  assert_int_equal(madvise((void *)(uintptr_t)memory, PAGES * page, MADV_DONTNEED), 0);
  assert_true(pw_written_pages_ask(written, begin_at, PAGES));
  assert_false(pw_written_pages_has(written, 3));
  assert_int_equal(seen, 0);
  munmap((void *)(uintptr_t)memory, PAGES * page);
  pw_written_pages_delete(written);
}

static void
more_pages_than_were_named_are_not_asked_about(void **state)
{
  struct pw_written_pages *written = pw_written_pages_new(PW_PAGEMAP, file, 4);

  (void)state;
  assert_non_null(written);
  assert_false(pw_written_pages_ask(written, begin, 5));
  pw_written_pages_delete(written);
}

/* One that says that nothing was written to, as a sandbox's may, and ones that say nothing. */
static void
what_does_not_tell_the_truth_is_not_believed(void **state)
{
  (void)state;
  assert_null(pw_written_pages_new("/dev/zero", file, PAGES));
  assert_null(pw_written_pages_new("/dev/null", file, PAGES));
  assert_null(pw_written_pages_new("/proc/self/no such file", file, PAGES));
  pw_written_pages_delete(NULL);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(pages_that_were_written_to_are_told_and_others_are_not, begin, end),
    cmocka_unit_test_setup_teardown(more_pages_than_were_named_are_not_asked_about, begin, end),
    cmocka_unit_test_setup_teardown(what_does_not_tell_the_truth_is_not_believed, begin, end),
  };

  return cmocka_run_group_tests_name("engine/written_pages", tests, NULL, NULL);
}
