/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile/code_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OVERLAPS 8

static void
file_name(char name[64])
{
  snprintf(name, 64, "/tmp/perf-%ld.map", (long)getpid());
}

bool
pw_code_map_prepare(struct pw_error *error)
{
  char name[64];
  file_name(name);
  return unlink(name) == 0 || errno == ENOENT ||
         pw_error_set(error, PW_ERROR_FILE, "%s: it is in the way, and cannot be removed: %s", name, strerror(errno));
}

/* --------------------------------------------------------------------------------------------------------- reading */

/* V8: "wasm Function:NAME-INDEX-TIER", wasm2c and Wasmtime: NAME, or "wasm[0]::function[INDEX]" without one. */
static char *
copy_name(char *text, bool *glue)
{
  static const char v8[]      = "wasm Function:";
  static const char builtin[] = "wasmtime_builtin_";
  size_t            length    = strlen(text);
  *glue                       = strstr(text, "_trampoline") != NULL || strncmp(text, "module_start[", 13) == 0;
  if (strncmp(text, v8, sizeof(v8) - 1) == 0) {
    text += sizeof(v8) - 1;
    for (unsigned i = 0; i < 2; i++) {
      char *dash = strrchr(text, '-');
      if (dash != NULL && dash != text) {
        *dash = '\0';
      }
    }
  } else if (strncmp(text, "wasm ", 5) == 0) {
    text += 5; /* V8's wrappers */
    *glue = true;
  } else if (strncmp(text, builtin, sizeof(builtin) - 1) == 0) {
    /* What an instruction such as memory.grow is made of. */
    char *name = malloc(length + 8);
    if (name != NULL) {
      sprintf(name, "[%s]", text + sizeof(builtin) - 1);
    }
    return name;
  }
  return strdup(text);
}

/* "BEGIN SIZE NAME", numbers in hexadecimal. Other lines are passed over: a name may have anything in it. */
static bool
add_line(struct pw_code_map *map, char *line)
{
  char              *at;
  unsigned long long begin = strtoull(line, &at, 16);
  unsigned long long size  = *at == ' ' ? strtoull(at, &at, 16) : 0;
  if (size == 0 || *at != ' ' || at[1] == '\0' || at[1] == '\n' || begin + size < begin) {
    return true;
  }
  at[strcspn(at, "\n")] = '\0';
  if (map->count == map->capacity) {
    size_t                capacity = map->capacity == 0 ? 1024 : map->capacity * 2;
    struct pw_code_range *ranges   = realloc(map->ranges, capacity * sizeof(*ranges));
    if (ranges == NULL) {
      return false;
    }
    map->ranges   = ranges;
    map->capacity = capacity;
  }
  struct pw_code_range range = {.begin = (uintptr_t)begin, .end = (uintptr_t)(begin + size)};
  range.order                = (uint32_t)map->count;
  range.name                 = copy_name(at + 1, &range.glue);
  if (range.name == NULL) {
    return false;
  }
  map->ranges[map->count++] = range;
  return true;
}

static int
compare(const void *a, const void *b)
{
  const struct pw_code_range *x = a;
  const struct pw_code_range *y = b;
  return x->begin != y->begin ? (x->begin > y->begin) - (x->begin < y->begin)
                              : (x->order > y->order) - (x->order < y->order);
}

/* Only a file of ours: anybody may write in that directory. */
static FILE *
open_own(const char *name)
{
  struct stat status;
  int         file = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file >= 0 && (fstat(file, &status) != 0 || status.st_uid != geteuid() || !S_ISREG(status.st_mode))) {
    close(file);
    return NULL;
  }
  return file >= 0 ? fdopen(file, "r") : NULL;
}

bool
pw_code_map_read(struct pw_code_map *map, struct pw_error *error)
{
  char    name[64];
  char   *line = NULL;
  size_t  room = 0;
  ssize_t length;
  bool    done   = true;
  size_t  before = map->count;
  file_name(name);
  FILE *file = open_own(name);
  if (file == NULL) {
    return true;
  }
  done = fseek(file, map->read, SEEK_SET) == 0 || pw_error_set(error, PW_ERROR_FILE, "%s: %s", name, strerror(errno));
  /* A line that is still being written is left for the next time. */
  while (done && (length = getline(&line, &room, file)) > 0 && line[length - 1] == '\n') {
    map->read += length;
    done = add_line(map, line) || pw_error_set(error, PW_ERROR_MEMORY, "no memory for the names of functions");
  }
  free(line);
  fclose(file);
  if (map->count > before) {
    qsort(map->ranges, map->count, sizeof(*map->ranges), compare);
  }
  return done;
}

/* ---------------------------------------------------------------------------------------------------------- finding */

const struct pw_code_range *
pw_code_map_find(const struct pw_code_map *map, uintptr_t address)
{
  size_t                      low   = 0;
  size_t                      high  = map->count;
  const struct pw_code_range *found = NULL;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (map->ranges[middle].begin <= address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (size_t i = 0; i < OVERLAPS && i < low; i++) {
    const struct pw_code_range *range = &map->ranges[low - 1 - i];
    if (address < range->end && (found == NULL || range->order > found->order)) {
      found = range;
    }
  }
  return found;
}

void
pw_code_map_clear(struct pw_code_map *map)
{
  char name[64];
  for (size_t i = 0; i < map->count; i++) {
    free(map->ranges[i].name);
  }
  free(map->ranges);
  *map = (struct pw_code_map){0};
  file_name(name);
  unlink(name);
}
