/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char *
pw_config_path(const char *directory, const char *file)
{
  if (file[0] == '/' || !directory || directory[0] == '\0') {
    return strdup(file);
  }
  size_t      length = strlen(directory);
  const char *slash  = directory[length - 1] == '/' ? "" : "/";
  size_t      size   = length + strlen(slash) + strlen(file) + 1;
  char       *path   = malloc(size);
  if (path) {
    snprintf(path, size, "%s%s%s", directory, slash, file);
  }
  return path;
}

static bool
read_stream(FILE *stream, const char *file, size_t limit, struct pw_bytes *bytes, struct pw_error *error)
{
  char   buffer[16384];
  size_t size;
  while ((size = fread(buffer, 1, sizeof(buffer), stream)) > 0) {
    if (size > limit - bytes->size) {
      return pw_error_set(error, PW_ERROR_LIMIT, "%s: larger than %zu bytes, the most that is read", file, limit);
    }
    if (!pw_bytes_append(bytes, buffer, size)) {
      return pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory after %zu bytes", file, bytes->size);
    }
  }
  if (ferror(stream)) {
    return pw_error_set(error, PW_ERROR_FILE, "%s: cannot be read: %s", file, strerror(errno));
  }
  return true;
}

/* Opened without waiting: a pipe that nobody writes to is empty, where its opening would hold a reload up for ever. */
static FILE *
open_file(const char *file, struct pw_error *error)
{
  int         descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  FILE       *stream = NULL;
  if (descriptor < 0 || fstat(descriptor, &status) != 0 || fcntl(descriptor, F_SETFL, 0) != 0) {
    pw_error_set(error, PW_ERROR_FILE, "%s: cannot be opened: %s", file, strerror(errno));
  } else if (S_ISDIR(status.st_mode)) {
    pw_error_set(error, PW_ERROR_FILE, "%s: is a directory, not a file", file);
  } else {
    stream = fdopen(descriptor, "rb");
    if (!stream) {
      pw_error_set(error, PW_ERROR_MEMORY, "%s: out of memory", file);
    }
  }
  if (!stream && descriptor >= 0) {
    close(descriptor);
  }
  return stream;
}

bool
pw_config_read_bytes(const char *file, size_t limit, struct pw_bytes *bytes, struct pw_error *error)
{
  pw_bytes_clear(bytes);
  FILE *stream = open_file(file, error);
  if (!stream) {
    return false;
  }
  bool read = read_stream(stream, file, limit, bytes, error);
  fclose(stream);
  if (!read) {
    pw_bytes_clear(bytes);
  }
  return read;
}
