/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lexer.h
 * Splits one line of a script into names, numbers, strings and signs.
 */
#ifndef CALLER_LEXER_H
#define CALLER_LEXER_H

#include "base.h"

enum token_kind {
  TOKEN_END,
  TOKEN_NAME,   /**< letters, digits, '_' */
  TOKEN_NUMBER, /**< decimal or 0x… */
  TOKEN_STRING, /**< "…" with \n \r \t \0 \" \\ \xNN */
  TOKEN_ARROW,  /**< -> */
  TOKEN_SIGN,   /**< any other printable byte */
  TOKEN_BROKEN  /**< a string without its end, an escape that is none */
};

struct token {
  enum token_kind kind;
  struct bytes    text;   /**< of a name; of a string its content */
  uint64_t        number; /**< of a number */
  char            sign;   /**< of a sign */
};

struct lexer {
  const char  *at;
  const char  *end;
  struct token token; /**< the one that comes next */
};

/** Begins with the first token of `line`. "# …" ends it. Strings are put together on the heap. */
void lexer_begin(struct lexer *lexer, struct bytes line);
void lexer_next(struct lexer *lexer);

bool lexer_is_sign(const struct lexer *lexer, char sign);
/** Steps over the sign if it comes next. */
bool lexer_accept(struct lexer *lexer, char sign);
/** Steps over the name if it comes next. */
bool lexer_accept_name(struct lexer *lexer, const char *name);

#endif
