/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool
pw_file_read_all(int file, size_t size, struct pw_bytes *out, struct pw_error *error)
{
  size_t end = out->size + size;

  if (!pw_bytes_reserve(out, end)) {
    return pw_error_set(error, PW_ERROR_MEMORY, "a file of %zu bytes", size);
  }
  while (out->size < end) {
    ssize_t got = read(file, out->data + out->size, end - out->size);

    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return pw_error_set(error, PW_ERROR_FILE, "%s", strerror(errno));
    }
    if (got == 0) {
      break;
    }
    out->size += (size_t)got;
  }
  return true;
}

bool
pw_file_read(const char *path, struct pw_bytes *out, struct pw_error *error)
{
  int             file = open(path, O_RDONLY | O_CLOEXEC);
  struct stat     status;
  struct pw_error cause;
  bool            done;

  if (file < 0 || fstat(file, &status) != 0) {
    done = pw_error_set(&cause, PW_ERROR_FILE, "%s", strerror(errno));
  } else {
    done = pw_file_read_all(file, (size_t)status.st_size, out, &cause);
  }
  if (file >= 0) {
    close(file);
  }
  return done || pw_error_set(error, cause.code, "%s: %s", path, cause.message);
}

bool
pw_file_write_all(int file, struct pw_view content)
{
  while (content.size > 0) {
    ssize_t put = write(file, content.data, content.size);

    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put <= 0) {
      return false;
    }
    content.data += put;
    content.size -= (size_t)put;
  }
  return true;
}

int
pw_file_in_memory(const char *name)
{
  int file  = memfd_create(name, MFD_CLOEXEC);
  int moved = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

  if (file >= 0) {
    close(file);
  }
  return moved;
}
