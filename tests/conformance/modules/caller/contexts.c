/* SPDX-License-Identifier: Apache-2.0 */
#include "contexts.h"

/* An entry whose id is 0 is free: the host's ids begin with 1. */
static struct context contexts[CONTEXTS_MAX];

struct context *
context_find(uint32_t id)
{
  for (uint32_t i = 0; i < CONTEXTS_MAX; i++) {
    if (contexts[i].id == id) {
      return &contexts[i];
    }
  }
  return NULL;
}

struct context *
context_new(uint32_t id, uint32_t parent)
{
  struct context *context = context_find(0);

  if (context != NULL) {
    *context = (struct context){.id = id, .parent = parent};
  }
  return context;
}

void
context_delete(struct context *context)
{
  context->id = 0;
}

struct bytes
context_script(const struct context *context)
{
  const struct context *root = context->parent != 0 ? context_find(context->parent) : context;

  return root != NULL ? root->script : BYTES("");
}

uint32_t
context_count(struct context *context, const char *section)
{
  for (uint32_t i = 0; i < SECTIONS_MAX; i++) {
    if (context->seen[i].name == NULL || context->seen[i].name == section) {
      context->seen[i].name = section;
      return ++context->seen[i].count;
    }
  }
  return 0;
}
