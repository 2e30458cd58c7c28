/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module, for our validator and for Wasmtime's: what ours accepts is valid, and what it refuses is not,
 * or is of a proposal that it says it does not know. */
#include "validator/validator.h"

#include <proxywasm/engine.h>

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_one_of(const char *text, const char *const *parts, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (strstr(text, parts[i])) {
      return true;
    }
  }
  return false;
}

/* What Wasmtime refuses beyond us: names that are no UTF-8, of which no harm comes, and its own limits. */
static bool
may_refuse(const char *message)
{
  static const char *const parts[] = {"UTF-8", "limit", "too large", "exceeds", "Unsupported"};

  return is_one_of(message, parts, sizeof parts / sizeof *parts);
}

/* What we refuse beyond Wasmtime: proposals, limits, and a rarity in code that is never reached. */
static bool
may_be_refused(const char *message)
{
  static const char *const parts[] = {"it needs", "more than", "are allowed", "targets of a branch table differ"};

  return is_one_of(message, parts, sizeof parts / sizeof *parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct pw_engine    *engine;
  const struct pw_engine_ops *ops;
  struct pw_compiled_module  *module;
  struct pw_error             ours   = {0};
  struct pw_error             theirs = {0};
  bool                        valid  = pw_validate(pw_view_make(data, size), &ours);

  if (!valid && (ours.code == PW_ERROR_NONE || ours.message[0] == '\0')) {
    abort();
  }
  if (!valid && may_be_refused(ours.message)) {
    return 0;
  }
  ops = pw_engine_find("wasmtime", &theirs);
  if (!ops || (!engine && !(engine = ops->engine_new(NULL, &theirs)))) {
    fprintf(stderr, "%s\n", theirs.message);
    abort();
  }
  module = ops->module_compile(engine, pw_view_make(data, size), &theirs);
  if (module && !valid) {
    fprintf(stderr, "valid, but refused: %s\n", ours.message);
    abort();
  }
  if (!module && valid && !may_refuse(theirs.message)) {
    fprintf(stderr, "accepted, but not valid: %s\n", theirs.message);
    abort();
  }
  ops->module_delete(module);
  return 0;
}
