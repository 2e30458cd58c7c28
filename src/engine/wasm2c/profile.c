/* SPDX-License-Identifier: Apache-2.0 */
/* For perf: where functions are, in the map of the process that it reads. */
#include "common/names.h"
#include "common/perf_map.h"
#include "internal.h"

/* How many functions names are looked for at a time. */
enum { PART = 64 };

static void
write_part(FILE *map, const struct pw_compiled_module *module, size_t begin, size_t count)
{
  const struct pw_wasm2c_function *functions    = module->opened.functions;
  struct pw_frame                  frames[PART] = {{0}};

  for (size_t i = 0; i < count; i++) {
    frames[i].function = module->imported_functions + functions[begin + i].number;
  }
  pw_names_find(module->names, frames, count);
  for (size_t i = 0; i < count; i++) {
    const struct pw_wasm2c_function *function = &functions[begin + i];
    char                             name[192];

    pw_text_line(name, sizeof name, frames[i].name.data, frames[i].name.size);
    if (!name[0]) {
      snprintf(name, sizeof name, "function[%u]", frames[i].function);
    }
    if (function->number != UINT32_MAX) {
      fprintf(map, "%zx %zx %s\n", (size_t)function->address, (size_t)(function[1].address - function->address), name);
    }
  }
}

void
pw_wasm2c_profile(const struct pw_compiled_module *module)
{
  FILE *map = pw_perf_map_open();

  if (!map) {
    return;
  }
  /* The last one has no successor to say where it ends: it is one that calls another. */
  for (size_t begin = 0; begin + 1 < module->opened.function_count; begin += PART) {
    size_t left = module->opened.function_count - 1 - begin;

    write_part(map, module, begin, left < PART ? left : PART);
  }
  fclose(map);
}
