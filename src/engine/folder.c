/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

/* Of files that nftw has open at once. */
#define MOST_OPEN 8

bool
pw_folder_make(char *path, size_t size)
{
  const char *parent = secure_getenv("TMPDIR");

  if (snprintf(path, size, "%s/proxywasm-XXXXXX", parent && *parent ? parent : "/tmp") >= (int)size) {
    errno = ENAMETOOLONG;
    return false;
  }
  return mkdtemp(path) != NULL;
}

static int
remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
  (void)status;
  (void)kind;
  (void)place;
  remove(path);
  return 0;
}

void
pw_folder_remove(const char *path)
{
  nftw(path, remove_one, MOST_OPEN, FTW_DEPTH | FTW_PHYS);
}
