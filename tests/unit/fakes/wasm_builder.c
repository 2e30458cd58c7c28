/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/wasm_builder.h"

#include <assert.h>

static void
put_byte(struct pw_bytes *bytes, unsigned byte)
{
  char c = (char)byte;

  pw_bytes_append(bytes, &c, 1);
}

/* LEB128. */
static void
put_number(struct pw_bytes *bytes, size_t number)
{
  while (number > 0x7f) {
    put_byte(bytes, 0x80 | (unsigned)(number & 0x7f));
    number >>= 7;
  }
  put_byte(bytes, (unsigned)number);
}

static void
put_name(struct pw_bytes *bytes, const char *name)
{
  put_number(bytes, strlen(name));
  pw_bytes_append(bytes, name, strlen(name));
}

static void
put_section(struct pw_bytes *out, unsigned id, struct pw_bytes *section)
{
  put_byte(out, id);
  put_number(out, section->size);
  pw_bytes_append(out, section->data, section->size);
  pw_bytes_clear(section);
}

static void
put_value_type(struct pw_bytes *bytes, char letter)
{
  assert(letter == 'i' || letter == 'I');
  put_byte(bytes, letter == 'i' ? 0x7f : 0x7e);
}

static void
put_type(struct pw_bytes *bytes, const char *type)
{
  const char *colon = strchr(type, ':');

  put_byte(bytes, 0x60);
  put_number(bytes, (size_t)(colon - type));
  for (; type < colon; ++type) {
    put_value_type(bytes, *type);
  }
  put_number(bytes, colon[1] == 'v' ? 0 : 1);
  if (colon[1] != 'v') {
    put_value_type(bytes, colon[1]);
  }
}

/* local.get and drop for each. */
static void
put_looks(struct pw_bytes *bytes, size_t parameters)
{
  for (size_t i = 0; i < parameters; ++i) {
    put_byte(bytes, 0x20);
    put_number(bytes, i);
    put_byte(bytes, 0x1a);
  }
}

/* A body that looks at its parameters and answers 0. */
static void
put_body(struct pw_bytes *bytes, const char *type)
{
  struct pw_bytes body   = {NULL, 0, 0};
  const char     *colon  = strchr(type, ':');
  char            result = colon[1];

  put_number(&body, 0);
  if (colon[2] != '-') {
    put_looks(&body, (size_t)(colon - type));
  }
  if (result != 'v') {
    put_byte(&body, result == 'i' ? 0x41 : 0x42);
    put_byte(&body, 0);
  }
  put_byte(&body, 0x0b);
  put_number(bytes, body.size);
  pw_bytes_append(bytes, body.data, body.size);
  pw_bytes_clear(&body);
}

struct pw_bytes
wasm_build(const struct wasm_function *functions, bool with_memory)
{
  struct pw_bytes out       = {NULL, 0, 0};
  struct pw_bytes types     = {NULL, 0, 0};
  struct pw_bytes imports   = {NULL, 0, 0};
  struct pw_bytes defined   = {NULL, 0, 0};
  struct pw_bytes memory    = {NULL, 0, 0};
  struct pw_bytes exports   = {NULL, 0, 0};
  struct pw_bytes code      = {NULL, 0, 0};
  size_t          count     = 0;
  size_t          n_imports = 0;
  size_t          i;

  while (functions[count].name != NULL) {
    n_imports += functions[count].module != NULL;
    ++count;
  }
  put_number(&types, count);
  put_number(&imports, n_imports);
  put_number(&defined, count - n_imports);
  put_number(&exports, count - n_imports + with_memory);
  put_number(&code, count - n_imports);
  for (i = 0; i < count; ++i) {
    const struct wasm_function *function = &functions[i];

    put_type(&types, function->type);
    if (function->module != NULL) {
      put_name(&imports, function->module);
      put_name(&imports, function->name);
      put_byte(&imports, 0);
      put_number(&imports, i);
    } else {
      put_number(&defined, i);
      put_name(&exports, function->name);
      put_byte(&exports, 0);
      put_number(&exports, i);
      put_body(&code, function->type);
    }
  }
  if (with_memory) {
    put_name(&exports, "memory");
    put_byte(&exports, 2);
    put_number(&exports, 0);
  }
  pw_bytes_append(&out, "\0asm\1\0\0\0", 8);
  put_section(&out, 1, &types);
  put_section(&out, 2, &imports);
  put_section(&out, 3, &defined);
  if (with_memory) {
    pw_bytes_append(&memory, "\1\0\1", 3);
    put_section(&out, 5, &memory);
  }
  put_section(&out, 7, &exports);
  put_section(&out, 10, &code);
  return out;
}
