/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file result.h
 * Compares what came with what a script says; call.h has the patterns.
 */
#ifndef CALLER_RESULT_H
#define CALLER_RESULT_H

#include "values.h"

/** Each compares, and steps over the pattern. False: it is not so, and `writer` says what is. */
bool result_number(struct lexer *lexer, uint64_t number, struct writer *writer);
bool result_bytes(struct lexer *lexer, struct bytes bytes, struct writer *writer);
bool result_pairs(struct lexer *lexer, struct bytes bytes, struct writer *writer);
/** The host wrote into memory that was filled with UNTOUCHED: the pattern is about the bytes from its beginning on; all
 *  the rest must still be untouched. */
bool result_memory(struct lexer *lexer, struct bytes memory, struct writer *writer);
#define UNTOUCHED '\xa5'

#endif
