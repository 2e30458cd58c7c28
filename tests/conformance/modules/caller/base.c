/* SPDX-License-Identifier: Apache-2.0 */
#define PROXY_WASM_IMPLEMENTATION
#define PROXY_WASM_CUSTOM_ALLOCATOR
#include <proxy_wasm.h>

#include "base.h"

#define PAGE 65536u

extern unsigned char __heap_base;

static uintptr_t heap_top;

struct bytes
bytes_of(const char *text)
{
  struct bytes bytes = {text, 0};

  while (text[bytes.size] != '\0') {
    bytes.size++;
  }
  return bytes;
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
  return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

uint32_t
memory_end(void)
{
  return (uint32_t)__builtin_wasm_memory_size(0) * PAGE;
}

bool
memory_has(uint32_t address, uint32_t size)
{
  return (uint64_t)address + size <= memory_end();
}

uint32_t
memory_load32(uint32_t address)
{
  uint32_t value;

  memcpy(&value, (const void *)(uintptr_t)address, sizeof(value));
  return value;
}

uint64_t
memory_load64(uint32_t address)
{
  uint64_t value;

  memcpy(&value, (const void *)(uintptr_t)address, sizeof(value));
  return value;
}

void *
heap_take(uint32_t size)
{
  uintptr_t start = ((heap_top != 0 ? heap_top : (uintptr_t)&__heap_base) + 15u) & ~(uintptr_t)15u;

  if (size > UINT32_MAX - PAGE - start) {
    return NULL;
  }
  if (start + size > memory_end()) {
    uint32_t pages = (uint32_t)(start + size - memory_end() + PAGE - 1) / PAGE;

    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) {
      return NULL;
    }
  }
  heap_top = start + size;
  return (void *)start;
}

/* The SDK's allocator: what the host asks for comes from here. */
void *
proxy_allocate(size_t size)
{
  return heap_take(size);
}

/** The heap is given back as a whole, at the end of a callback. */
void
proxy_free(void *memory)
{
  (void)memory;
}

uint32_t
heap_mark(void)
{
  return (uint32_t)heap_top;
}

void
heap_release(uint32_t mark)
{
  heap_top = mark;
}

void
put_bytes(struct writer *writer, struct bytes bytes)
{
  for (uint32_t i = 0; i < bytes.size && writer->size < sizeof(writer->text); i++) {
    writer->text[writer->size++] = bytes.data[i];
  }
}

void
put_text(struct writer *writer, const char *text)
{
  put_bytes(writer, bytes_of(text));
}

void
put_number(struct writer *writer, uint64_t number)
{
  char     digits[20];
  uint32_t at = sizeof(digits);

  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  put_bytes(writer, (struct bytes){digits + at, (uint32_t)sizeof(digits) - at});
}

void
put_quoted(struct writer *writer, struct bytes bytes)
{
  static const char hex[] = "0123456789abcdef";
  uint32_t          shown = bytes.size < 200 ? bytes.size : 200;

  put_text(writer, "\"");
  for (uint32_t i = 0; i < shown; i++) {
    unsigned char byte = (unsigned char)bytes.data[i];

    if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
      put_bytes(writer, (struct bytes){bytes.data + i, 1});
    } else {
      put_bytes(writer, (struct bytes){(char[]){'\\', 'x', hex[byte >> 4], hex[byte & 15]}, 4});
    }
  }
  put_text(writer, bytes.size > shown ? "\"…" : "\"");
}
