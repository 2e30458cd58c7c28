/* SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

static bool
is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool
is_name(char c)
{
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int
hex_digit(char c)
{
  if (is_digit(c)) {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void
read_number(struct lexer *lexer)
{
  uint64_t number = 0;

  if (lexer->end - lexer->at > 2 && lexer->at[0] == '0' && lexer->at[1] == 'x') {
    for (lexer->at += 2; lexer->at < lexer->end && hex_digit(*lexer->at) >= 0; lexer->at++) {
      number = number * 16 + (uint64_t)hex_digit(*lexer->at);
    }
  } else {
    for (; lexer->at < lexer->end && is_digit(*lexer->at); lexer->at++) {
      number = number * 10 + (uint64_t)(*lexer->at - '0');
    }
  }
  lexer->token.kind   = TOKEN_NUMBER;
  lexer->token.number = number;
}

/** What stands behind a backslash; -1 if it is no escape. */
static int
read_escape(struct lexer *lexer)
{
  static const char letters[] = "nrt0\"\\";
  static const char bytes[]   = "\n\r\t\0\"\\";

  if (lexer->end - lexer->at > 2 && *lexer->at == 'x') {
    int high = hex_digit(lexer->at[1]);
    int low  = hex_digit(lexer->at[2]);

    lexer->at += 3;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }
  for (uint32_t i = 0; lexer->at < lexer->end && i < sizeof(letters) - 1; i++) {
    if (*lexer->at == letters[i]) {
      lexer->at++;
      return bytes[i];
    }
  }
  return -1;
}

static void
read_string(struct lexer *lexer)
{
  char    *data = heap_take((uint32_t)(lexer->end - lexer->at));
  uint32_t size = 0;

  lexer->token.kind = TOKEN_BROKEN;
  for (lexer->at++; data != NULL && lexer->at < lexer->end; size++) {
    int byte = (unsigned char)*lexer->at++;

    if (byte == '"') {
      lexer->token.kind = TOKEN_STRING;
      lexer->token.text = (struct bytes){data, size};
      return;
    }
    if (byte == '\\') {
      byte = read_escape(lexer);
    }
    if (byte < 0) {
      return;
    }
    data[size] = (char)byte;
  }
}

/** '#' begins a comment unless a digit follows ("#16": any 16 bytes). */
static bool
at_end_of_line(const struct lexer *lexer)
{
  return lexer->at >= lexer->end || (*lexer->at == '#' && (lexer->at + 1 == lexer->end || !is_digit(lexer->at[1])));
}

void
lexer_next(struct lexer *lexer)
{
  while (lexer->at < lexer->end && (*lexer->at == ' ' || *lexer->at == '\t' || *lexer->at == '\r')) {
    lexer->at++;
  }
  if (at_end_of_line(lexer)) {
    lexer->at         = lexer->end;
    lexer->token.kind = TOKEN_END;
  } else if (is_digit(*lexer->at)) {
    read_number(lexer);
  } else if (is_name(*lexer->at)) {
    const char *start = lexer->at;

    while (lexer->at < lexer->end && is_name(*lexer->at)) {
      lexer->at++;
    }
    lexer->token.kind = TOKEN_NAME;
    lexer->token.text = (struct bytes){start, (uint32_t)(lexer->at - start)};
  } else if (*lexer->at == '"') {
    read_string(lexer);
  } else if (lexer->end - lexer->at > 1 && lexer->at[0] == '-' && lexer->at[1] == '>') {
    lexer->at += 2;
    lexer->token.kind = TOKEN_ARROW;
  } else {
    lexer->token.kind = TOKEN_SIGN;
    lexer->token.sign = *lexer->at++;
  }
}

void
lexer_begin(struct lexer *lexer, struct bytes line)
{
  lexer->at  = line.data;
  lexer->end = line.data + line.size;
  lexer_next(lexer);
}

bool
lexer_is_sign(const struct lexer *lexer, char sign)
{
  return lexer->token.kind == TOKEN_SIGN && lexer->token.sign == sign;
}

bool
lexer_accept(struct lexer *lexer, char sign)
{
  if (!lexer_is_sign(lexer, sign)) {
    return false;
  }
  lexer_next(lexer);
  return true;
}

bool
lexer_accept_name(struct lexer *lexer, const char *name)
{
  if (lexer->token.kind != TOKEN_NAME || !bytes_equal(lexer->token.text, bytes_of(name))) {
    return false;
  }
  lexer_next(lexer);
  return true;
}
