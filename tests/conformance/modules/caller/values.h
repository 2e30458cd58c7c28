/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file values.h
 * How a script writes values:
 *
 *   number     12, 0xff, -1, HTTP_REQUEST_BODY (the ABI text's names), $name (a variable), $0, $1 … (the
 *              arguments of the callback, its context first), each with + n or - n behind
 *   address    @0xffffffff, @end (the first address behind linear memory), @end-4, @area (8 KiB that are the module's)
 *   bytes      "text\n\x00", "a"*70000, or an address and a size: @end-2:4
 *   pairs      {"key": "value", …}, serialised; or bytes
 *   vector     ["a", @0:4], or an address and a count: @area:100
 */
#ifndef CALLER_VALUES_H
#define CALLER_VALUES_H

#include "lexer.h"

/** A value that could not be read: said once, in words, in place of a result. */
typedef const char *problem;

/** Where `@area` points to. */
extern char area[8192];

/** What $0, $1 … stand for. */
extern const uint32_t *callback_arguments;
extern uint32_t        callback_argument_count;

problem read_number(struct lexer *lexer, uint64_t *number);
/** What stands behind the '@'. */
problem read_address(struct lexer *lexer, uint64_t *address);
problem read_bytes(struct lexer *lexer, struct bytes *bytes);
problem read_pairs(struct lexer *lexer, struct bytes *bytes);
/** With `...` as the last element allowed, which sets `*some`; for patterns. */
problem read_some_pairs(struct lexer *lexer, struct bytes *bytes, bool *some);
problem read_vector(struct lexer *lexer, struct bytes *bytes);

/** Variables live as long as the VM; they are made when they are first set. */
problem variable_set(struct bytes name, uint64_t number);

/** One element of a serialised map. */
struct pair {
  struct bytes key;
  struct bytes value;
};
#define PAIRS_MAX 64

/** Reads a serialised map as strictly as the ABI text allows: sizes that add up, a NUL behind each string. An empty map
 *  has no bytes, or one that is 0, or a count of 0. Answers the number of pairs, or -1. */
int pairs_decode(struct bytes bytes, struct pair pairs[PAIRS_MAX]);

#endif
