/* SPDX-License-Identifier: Apache-2.0 */
/* Files in memory: what programs read and write, and what the loader reads. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static bool
write_all(int file, struct pw_view bytes)
{
  while (bytes.size > 0) {
    ssize_t size = write(file, bytes.data, bytes.size);

    if (size < 0 && errno != EINTR) {
      return false;
    }
    bytes.data += size > 0 ? size : 0;
    bytes.size -= size > 0 ? (size_t)size : 0;
  }
  return true;
}

int
pw_wasm2c_memory_file(const char *name, struct pw_view content)
{
  int file  = memfd_create(name, MFD_CLOEXEC);
  int moved = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

  if (file >= 0) {
    close(file);
  }
  if (moved >= 0 && (!write_all(moved, content) || lseek(moved, 0, SEEK_SET) != 0)) {
    close(moved);
    return -1;
  }
  return moved;
}
