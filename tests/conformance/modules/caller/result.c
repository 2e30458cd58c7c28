/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

static bool
fails(struct writer *writer, problem found)
{
  put_text(writer, "; ");
  put_text(writer, found);
  return false;
}

/** Behind `$`: "name=" keeps the number; anything else is a number to compare with. */
static bool
keep_number(struct lexer *lexer, uint64_t number, struct writer *writer, bool *kept)
{
  struct lexer ahead = *lexer;
  problem      found;

  *kept = false;
  lexer_next(&ahead);
  if (ahead.token.kind != TOKEN_NAME) {
    return true;
  }
  lexer_next(&ahead);
  if (!lexer_is_sign(&ahead, '=')) {
    return true;
  }
  lexer_next(lexer);
  found = variable_set(lexer->token.text, number);
  lexer_next(lexer);
  lexer_next(lexer);
  *kept = true;
  return found == NULL || fails(writer, found);
}

bool
result_number(struct lexer *lexer, uint64_t number, struct writer *writer)
{
  bool     kept = false;
  bool     greater;
  uint64_t wanted;
  problem  found;

  if (lexer_accept(lexer, '*')) {
    return true;
  }
  if (lexer_is_sign(lexer, '$') && (!keep_number(lexer, number, writer, &kept) || kept)) {
    return kept;
  }
  greater = lexer_accept(lexer, '>');
  found   = read_number(lexer, &wanted);
  if (found != NULL) {
    return fails(writer, found);
  }
  if (greater ? number > wanted : number == wanted) {
    return true;
  }
  put_text(writer, "; the number is ");
  put_number(writer, number);
  put_text(writer, greater ? ", not greater than " : ", not ");
  put_number(writer, wanted);
  return false;
}

bool
result_bytes(struct lexer *lexer, struct bytes bytes, struct writer *writer)
{
  struct bytes wanted;
  problem      found;

  if (lexer_accept(lexer, '*')) {
    return true;
  }
  if (lexer_accept(lexer, '#')) {
    return result_number(lexer, bytes.size, writer);
  }
  found = read_bytes(lexer, &wanted);
  if (found != NULL) {
    return fails(writer, found);
  }
  if (bytes_equal(bytes, wanted)) {
    return true;
  }
  put_text(writer, "; the bytes are ");
  put_quoted(writer, bytes);
  put_text(writer, ", not ");
  put_quoted(writer, wanted);
  return false;
}

static void
put_pairs(struct writer *writer, const struct pair *pairs, int count)
{
  put_text(writer, "{");
  for (int i = 0; i < count; i++) {
    put_text(writer, i > 0 ? ", " : "");
    put_quoted(writer, pairs[i].key);
    put_text(writer, ": ");
    put_quoted(writer, pairs[i].value);
  }
  put_text(writer, "}");
}

/** Whether `wanted` are `pairs`, or with `some`, are among them in this order. */
static bool
pairs_match(const struct pair *pairs, int count, const struct pair *wanted, int wanted_count, bool some)
{
  int met = 0;

  for (int i = 0; i < count; i++) {
    if (met < wanted_count && bytes_equal(pairs[i].key, wanted[met].key) &&
        bytes_equal(pairs[i].value, wanted[met].value)) {
      met++;
    } else if (!some) {
      return false;
    }
  }
  return met == wanted_count;
}

bool
result_pairs(struct lexer *lexer, struct bytes bytes, struct writer *writer)
{
  struct pair  pairs[PAIRS_MAX];
  struct pair  wanted[PAIRS_MAX];
  struct bytes encoded;
  bool         some  = false;
  int          count = pairs_decode(bytes, pairs);
  int          wanted_count;
  problem      found;

  if (!lexer_is_sign(lexer, '{')) {
    return result_bytes(lexer, bytes, writer);
  }
  found = read_some_pairs(lexer, &encoded, &some);
  if (found != NULL) {
    return fails(writer, found);
  }
  wanted_count = pairs_decode(encoded, wanted);
  if (count >= 0 && pairs_match(pairs, count, wanted, wanted_count, some)) {
    return true;
  }
  if (count < 0) {
    put_text(writer, "; the pairs are not well serialised: ");
    put_quoted(writer, bytes);
    return false;
  }
  put_text(writer, "; the pairs are ");
  put_pairs(writer, pairs, count);
  return false;
}

bool
result_memory(struct lexer *lexer, struct bytes memory, struct writer *writer)
{
  uint32_t     written = memory.size;
  struct lexer ahead   = *lexer;
  uint64_t     size;

  if (lexer_accept(lexer, '*')) {
    return true;
  }
  while (written > 0 && memory.data[written - 1] == UNTOUCHED) {
    written--;
  }
  /* The last of N random bytes may look untouched: any N are right that leave what is behind them alone. */
  if (lexer_accept(&ahead, '#') && read_number(&ahead, &size) == NULL && written <= size &&
      (written > 0 || size == 0)) {
    *lexer = ahead;
    return true;
  }
  return result_bytes(lexer, (struct bytes){memory.data, written}, writer);
}
