/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing files of compiled code. What is read here will be run: nobody else may have written it. */
#define _GNU_SOURCE
#include "code_file.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Compiled code is a few times its wasm; a larger file is none. */
#define MOST_BYTES (UINT64_C(1) << 30)

static bool
is_acceptable(int file, struct stat *status, struct pw_error *error)
{
  if (fstat(file, status) != 0) {
    return pw_error_set(error, PW_ERROR_FILE, "%s", strerror(errno));
  }
  if (!S_ISREG(status->st_mode)) {
    return pw_error_set(error, PW_ERROR_FILE, "no plain file");
  }
  if (status->st_uid != geteuid() && status->st_uid != 0) {
    return pw_error_set(error, PW_ERROR_FILE, "it belongs to user %u, not to us (%u) or root", (unsigned)status->st_uid,
                        (unsigned)geteuid());
  }
  if (status->st_mode & (S_IWGRP | S_IWOTH)) {
    return pw_error_set(error, PW_ERROR_FILE, "others can write it (mode %04o)", (unsigned)(status->st_mode & 07777));
  }
  if ((uint64_t)status->st_size > MOST_BYTES) {
    return pw_error_set(error, PW_ERROR_FILE, "too large (%lld bytes)", (long long)status->st_size);
  }
  return true;
}

enum pw_code_read
pw_code_read_file(const char *path, struct pw_bytes *out, struct pw_error *error)
{
  /* NONBLOCK: so that a pipe of that name cannot hold us up. */
  int         file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat status;
  bool        read;

  if (file < 0 && errno == ENOENT) {
    return PW_CODE_READ_NONE;
  }
  if (file < 0) {
    pw_error_set(error, PW_ERROR_FILE, "%s", errno == ELOOP ? "a symbolic link" : strerror(errno));
    return PW_CODE_READ_REFUSED;
  }
  out->size = 0;
  /* Never more than it had when it was looked at, though it may grow meanwhile. */
  read = is_acceptable(file, &status, error) && pw_file_read_all(file, (size_t)status.st_size, out, error);
  close(file);
  return read ? PW_CODE_READ_OK : PW_CODE_READ_REFUSED;
}

bool
pw_code_write_file(const char *path, struct pw_view content, unsigned mode, struct pw_error *error)
{
  static const char suffix[] = ".tmp";
  char              temporary[PATH_MAX];
  int               size = snprintf(temporary, sizeof temporary, "%s.XXXXXX%s", path, suffix);
  int               file;
  bool              written;

  if (size < 0 || (size_t)size >= sizeof temporary) {
    return pw_error_set(error, PW_ERROR_FILE, "%s: cannot be written: the name is too long", path);
  }
  /* A random name, made with O_EXCL and mode 0600: not one by our process id, which servers in containers share. */
  file = mkostemps(temporary, (int)(sizeof suffix - 1), O_CLOEXEC);
  if (file < 0) {
    return pw_error_set(error, PW_ERROR_FILE, "%s: cannot be written: %s", path, strerror(errno));
  }
  written = pw_file_write_all(file, content) && (mode == 0600 || fchmod(file, mode) == 0);
  /* Without a sync: a file that a crash has cut short is found out by its digest. */
  written = close(file) == 0 && written && rename(temporary, path) == 0;
  if (!written) {
    pw_error_set(error, PW_ERROR_FILE, "%s: cannot be written: %s", path, strerror(errno));
    unlink(temporary);
  }
  return written;
}
