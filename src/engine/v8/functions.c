/* SPDX-License-Identifier: Apache-2.0 */
/* Which function it was, for backtraces. */
#include "internal.h"
#include "module/module_sections.h"

#include <stdlib.h>

/* The content of a code section. */
static void
read_bodies(struct pw_module_reader *reader, struct pw_v8_bodies *bodies)
{
  uint32_t count = pw_module_read_count(reader, 2, UINT32_MAX, "functions");

  bodies->begin = reader->position;
  bodies->ends  = calloc((size_t)count + 1, sizeof *bodies->ends);
  if (!bodies->ends) {
    pw_module_fail_memory(reader);
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    pw_module_read_bytes(reader, pw_module_read_u32(reader));
    if (reader->failed) {
      return;
    }
    bodies->ends[bodies->count++] = (uint32_t)reader->position;
  }
}

bool
pw_v8_bodies_read(struct pw_view code, struct pw_v8_bodies *bodies, struct pw_error *error)
{
  struct pw_module_reader  reader;
  struct pw_module_section section;

  memset(bodies, 0, sizeof *bodies);
  if (!pw_module_sections_begin(&reader, code, error)) {
    return false;
  }
  while (pw_module_section_next(&reader, code.size, &section)) {
    if (section.id == PW_MODULE_SECTION_CODE && !bodies->ends) {
      read_bodies(&reader, bodies);
    }
    reader.position = section.end;
  }
  return !reader.failed;
}

void
pw_v8_bodies_clear(struct pw_v8_bodies *bodies)
{
  free(bodies->ends);
  memset(bodies, 0, sizeof *bodies);
}

bool
pw_v8_function_at(const struct pw_v8_bodies *bodies, size_t offset, uint32_t *index)
{
  size_t first = 0;
  size_t count = bodies->count;

  /* The first one that ends behind it. */
  while (count > 0) {
    size_t half = count / 2;

    if (bodies->ends[first + half] <= offset) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  *index = (uint32_t)first;
  return offset >= bodies->begin && first < bodies->count;
}
