/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file base.h
 * What a freestanding module needs first: bytes, memory, and text put together piece by piece.
 */
#ifndef CALLER_BASE_H
#define CALLER_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes that live somewhere in linear memory. Not terminated. */
struct bytes {
  const char *data;
  uint32_t    size;
};

/** Of a string literal. */
#define BYTES(literal) ((struct bytes){literal, sizeof(literal) - 1})

struct bytes bytes_of(const char *text);
bool         bytes_equal(struct bytes a, struct bytes b);

/** The first address behind linear memory. */
uint32_t memory_end(void);
/** Whether the module has these bytes: what a host returns may lie anywhere. */
bool     memory_has(uint32_t address, uint32_t size);
uint32_t memory_load32(uint32_t address);
uint64_t memory_load64(uint32_t address);

/**
 * Memory from a stack that grows upwards from __heap_base; NULL when no more is to be had. The host's own allocations
 * (proxy_on_memory_allocate) come from it too, so what a callback took and got is given back by one
 * heap_release(mark) at its end.
 */
void    *heap_take(uint32_t size);
uint32_t heap_mark(void);
void     heap_release(uint32_t mark);

/** Text put together piece by piece; what does not fit is dropped. */
struct writer {
  char     text[4096];
  uint32_t size;
};

void put_bytes(struct writer *writer, struct bytes bytes);
void put_text(struct writer *writer, const char *text);
void put_number(struct writer *writer, uint64_t number);
/** Printable bytes as they are, others as \xNN; at most the first 200 of them. */
void put_quoted(struct writer *writer, struct bytes bytes);

#endif
