/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file call.h
 * One statement of a script that calls the host:
 *
 *   proxy_get_header_map_value(HTTP_REQUEST_HEADERS, "x-a") -> OK "1"
 *
 * The call is made as written, and its status and results compared with what stands behind the arrow. Slots for results
 * are the module's own unless the script puts an address there (`@end-2`), or says `_` for "the module's own".
 * Without an arrow the call has to answer OK (SUCCESS).
 *
 * Behind the status, one pattern for each result, as many as one cares for:
 *   *            anything                        12, $name+1     this number
 *   "text"       these bytes                     >12             a greater number
 *   #16          any 16 bytes                    $name=          anything, kept in a variable
 *   {"a": "1"}   exactly these pairs, in this order
 *   {"a": "1", …} with a last element `...`: these pairs, and perhaps others, in this order
 */
#ifndef CALLER_CALL_H
#define CALLER_CALL_H

#include "values.h"

/**
 * Performs the call that begins at the lexer's token. True when all was as expected; else `writer` says what was not.
 */
bool call_perform(struct lexer *lexer, struct writer *writer);

#endif
