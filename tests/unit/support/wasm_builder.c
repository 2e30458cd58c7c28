/* SPDX-License-Identifier: Apache-2.0 */
#include "support/wasm_builder.h"

#include "support/unit.h"

void
wasm_bytes(struct pw_bytes *out, const void *bytes, size_t size)
{
  assert_true(pw_bytes_append(out, bytes, size));
}

void
wasm_begin(struct pw_bytes *module)
{
  wasm_bytes(module, "\0asm\x01\0\0\0", 8);
}

void
wasm_number(struct pw_bytes *out, uint64_t number)
{
  do {
    uint8_t byte = (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
    wasm_bytes(out, &byte, 1);
    number >>= 7;
  } while (number);
}

void
wasm_name(struct pw_bytes *out, const char *name)
{
  wasm_number(out, strlen(name));
  wasm_bytes(out, name, strlen(name));
}

void
wasm_section(struct pw_bytes *module, int id, struct pw_view content)
{
  wasm_number(module, (uint64_t)id);
  wasm_number(module, content.size);
  wasm_bytes(module, content.data, content.size);
}

void
wasm_custom(struct pw_bytes *module, const char *name, struct pw_view content)
{
  struct pw_bytes named = {0};
  wasm_name(&named, name);
  wasm_bytes(&named, content.data, content.size);
  wasm_section(module, 0, pw_bytes_view(&named));
  pw_bytes_clear(&named);
}
