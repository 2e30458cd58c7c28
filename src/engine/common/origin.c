/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "origin.h"

#include <dlfcn.h>

const char *
pw_origin_of(const void *function)
{
  Dl_info info;

  return dladdr(function, &info) && info.dli_fname ? info.dli_fname : "";
}
