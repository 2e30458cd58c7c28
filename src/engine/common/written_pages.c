/* SPDX-License-Identifier: Apache-2.0 */
#include "common/written_pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of an entry: there is such a page, in memory or swapped out, and it is the file's own. */
#define IN_MEMORY   (UINT64_C(1) << 63)
#define SWAPPED_OUT (UINT64_C(1) << 62)
#define OF_FILE     (UINT64_C(1) << 61)

struct pw_written_pages {
  int      pagemap;
  size_t   page; /* bytes */
  size_t   capacity;
  uint64_t entries[]; /* the last answer */
};

bool
pw_written_pages_ask(struct pw_written_pages *written, const void *memory, size_t pages)
{
  size_t size = pages * sizeof(written->entries[0]);
  off_t  at   = (off_t)((uintptr_t)memory / written->page * sizeof(written->entries[0]));

  return pages <= written->capacity && pread(written->pagemap, written->entries, size, at) == (ssize_t)size;
}

bool
pw_written_pages_has(const struct pw_written_pages *written, size_t index)
{
  uint64_t entry = written->entries[index];

  return (entry & (IN_MEMORY | SWAPPED_OUT)) != 0 && (entry & OF_FILE) == 0;
}

/* Of two pages one is read and the other written to. */
static bool
tells_the_truth(struct pw_written_pages *written, int file)
{
  volatile char *pages = mmap(NULL, 2 * written->page, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  bool           truth;

  if (pages == MAP_FAILED) {
    return false;
  }
  pages[written->page] = pages[0];
  truth = pw_written_pages_ask(written, (const void *)(uintptr_t)pages, 2) && !pw_written_pages_has(written, 0) &&
          pw_written_pages_has(written, 1);
  munmap((void *)(uintptr_t)pages, 2 * written->page);
  return truth;
}

struct pw_written_pages *
pw_written_pages_new(const char *pagemap, int file, size_t pages)
{
  size_t                   capacity = pages < 2 ? 2 : pages;
  struct pw_written_pages *written  = malloc(sizeof *written + capacity * sizeof(written->entries[0]));

  if (!written) {
    return NULL;
  }
  written->page     = (size_t)sysconf(_SC_PAGESIZE);
  written->capacity = capacity;
  written->pagemap  = open(pagemap, O_RDONLY | O_CLOEXEC);
  if (written->pagemap >= 0 && tells_the_truth(written, file)) {
    return written;
  }
  pw_written_pages_delete(written);
  return NULL;
}

void
pw_written_pages_delete(struct pw_written_pages *written)
{
  if (written && written->pagemap >= 0) {
    close(written->pagemap);
  }
  free(written);
}
