/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#define VARIABLES_MAX 32
#define VECTOR_MAX    16

char            area[8192];
const uint32_t *callback_arguments;
uint32_t        callback_argument_count;

struct named {
  const char *name;
  uint64_t    number;
};

static const struct named constants[] = {
  {"TRACE", 0},
  {"DEBUG", 1},
  {"INFO", 2},
  {"WARN", 3},
  {"ERROR", 4},
  {"CRITICAL", 5},
  {"HTTP_REQUEST_BODY", 0},
  {"HTTP_RESPONSE_BODY", 1},
  {"DOWNSTREAM_DATA", 2},
  {"UPSTREAM_DATA", 3},
  {"HTTP_CALL_RESPONSE_BODY", 4},
  {"GRPC_CALL_MESSAGE", 5},
  {"VM_CONFIGURATION", 6},
  {"PLUGIN_CONFIGURATION", 7},
  {"FOREIGN_FUNCTION_ARGUMENTS", 8},
  {"HTTP_REQUEST_HEADERS", 0},
  {"HTTP_REQUEST_TRAILERS", 1},
  {"HTTP_RESPONSE_HEADERS", 2},
  {"HTTP_RESPONSE_TRAILERS", 3},
  {"GRPC_CALL_INITIAL_METADATA", 4},
  {"GRPC_CALL_TRAILING_METADATA", 5},
  {"HTTP_CALL_RESPONSE_HEADERS", 6},
  {"HTTP_CALL_RESPONSE_TRAILERS", 7},
  {"HTTP_REQUEST", 0},
  {"HTTP_RESPONSE", 1},
  {"DOWNSTREAM", 2},
  {"UPSTREAM", 3},
  {"UNKNOWN", 0},
  {"LOCAL", 1},
  {"REMOTE", 2},
  {"COUNTER", 0},
  {"GAUGE", 1},
  {"HISTOGRAM", 2},
  {"CONTINUE", 0},
  {"PAUSE", 1},
  {"STDOUT", 1},
  {"STDERR", 2},
  {"REALTIME", 0},
  {"MONOTONIC", 1},
  {"false", 0},
  {"true", 1},
};

static struct {
  char         name[32];
  struct bytes view;
  uint64_t     number;
} variables[VARIABLES_MAX];

static uint64_t *
variable_find(struct bytes name)
{
  for (uint32_t i = 0; i < VARIABLES_MAX && variables[i].view.data != NULL; i++) {
    if (bytes_equal(variables[i].view, name)) {
      return &variables[i].number;
    }
  }
  return NULL;
}

problem
variable_set(struct bytes name, uint64_t number)
{
  uint64_t *found = variable_find(name);

  for (uint32_t i = 0; i < VARIABLES_MAX && found == NULL; i++) {
    if (variables[i].view.data == NULL && name.size <= sizeof(variables[i].name)) {
      for (uint32_t k = 0; k < name.size; k++) {
        variables[i].name[k] = name.data[k];
      }
      variables[i].view = (struct bytes){variables[i].name, name.size};
      found             = &variables[i].number;
    }
  }
  if (found == NULL) {
    return "no room for another variable";
  }
  *found = number;
  return NULL;
}

static problem
read_name(struct lexer *lexer, uint64_t *number)
{
  for (uint32_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
    if (bytes_equal(bytes_of(constants[i].name), lexer->token.text)) {
      *number = constants[i].number;
      lexer_next(lexer);
      return NULL;
    }
  }
  return "unknown name in place of a number";
}

static problem
read_variable(struct lexer *lexer, uint64_t *number)
{
  const uint64_t *found = lexer->token.kind == TOKEN_NAME ? variable_find(lexer->token.text) : NULL;

  if (lexer->token.kind == TOKEN_NUMBER && lexer->token.number < callback_argument_count) {
    *number = callback_arguments[lexer->token.number];
  } else if (found != NULL) {
    *number = *found;
  } else {
    return "no such variable or argument";
  }
  lexer_next(lexer);
  return NULL;
}

/** "+ n" or "- n", if it stands there. */
static problem
read_offset(struct lexer *lexer, uint64_t *number)
{
  bool minus = lexer_is_sign(lexer, '-');

  if (!minus && !lexer_is_sign(lexer, '+')) {
    return NULL;
  }
  lexer_next(lexer);
  if (lexer->token.kind != TOKEN_NUMBER) {
    return "a number is missing behind + or -";
  }
  *number = minus ? *number - lexer->token.number : *number + lexer->token.number;
  lexer_next(lexer);
  return NULL;
}

problem
read_number(struct lexer *lexer, uint64_t *number)
{
  problem found = NULL;

  *number = 0;
  if (lexer_is_sign(lexer, '-')) {
    return read_offset(lexer, number);
  }
  if (lexer->token.kind == TOKEN_NUMBER) {
    *number = lexer->token.number;
    lexer_next(lexer);
  } else if (lexer_accept(lexer, '$')) {
    found = read_variable(lexer, number);
  } else if (lexer->token.kind == TOKEN_NAME) {
    found = read_name(lexer, number);
  } else {
    return "a number is missing";
  }
  return found != NULL ? found : read_offset(lexer, number);
}

problem
read_address(struct lexer *lexer, uint64_t *address)
{
  if (lexer_accept_name(lexer, "end")) {
    *address = memory_end();
  } else if (lexer_accept_name(lexer, "area")) {
    *address = (uintptr_t)area;
  } else {
    return read_number(lexer, address);
  }
  return read_offset(lexer, address);
}

/** "@address:size"; the '@' is behind us. */
static problem
read_place(struct lexer *lexer, struct bytes *bytes)
{
  uint64_t address;
  uint64_t size;
  problem  found = read_address(lexer, &address);

  if (found == NULL && !lexer_accept(lexer, ':')) {
    found = "':' and a size are missing behind an address";
  }
  if (found == NULL) {
    found = read_number(lexer, &size);
  }
  if (found == NULL) {
    *bytes = (struct bytes){(const char *)(uintptr_t)address, (uint32_t)size};
  }
  return found;
}

/** "text"*n: the text n times. */
static problem
repeat(struct lexer *lexer, struct bytes *bytes)
{
  struct bytes one = *bytes;
  uint64_t     times;
  problem      found = read_number(lexer, &times);
  char        *data;

  if (found != NULL) {
    return found;
  }
  data = times <= 64 * 1024 * 1024 ? heap_take((uint32_t)(one.size * times)) : NULL;
  if (data == NULL) {
    return "no memory for so many bytes";
  }
  /* Twice as much with each step, by one instruction: for engines that interpret. */
  for (uint32_t done = 0, size = one.size * (uint32_t)times; done < size;) {
    uint32_t more = done == 0 ? one.size : done;

    more = more < size - done ? more : size - done;
    __builtin_memcpy(data + done, done == 0 ? one.data : data, more);
    done += more;
  }
  *bytes = (struct bytes){data, one.size * (uint32_t)times};
  return NULL;
}

problem
read_bytes(struct lexer *lexer, struct bytes *bytes)
{
  if (lexer_accept(lexer, '@')) {
    return read_place(lexer, bytes);
  }
  if (lexer->token.kind != TOKEN_STRING) {
    return "bytes are missing: a string, or @address:size";
  }
  *bytes = lexer->token.text;
  lexer_next(lexer);
  return lexer_accept(lexer, '*') ? repeat(lexer, bytes) : NULL;
}

static void
store32(char *to, uint32_t number)
{
  for (uint32_t i = 0; i < 4; i++) {
    to[i] = (char)(number >> (8 * i));
  }
}

static char *
append(char *to, struct bytes bytes)
{
  for (uint32_t i = 0; i < bytes.size; i++) {
    *to++ = bytes.data[i];
  }
  *to++ = '\0';
  return to;
}

/** As the ABI text's section "Serialization" has it; no bytes at all for an empty map. */
static problem
pairs_encode(const struct pair *pairs, uint32_t count, struct bytes *bytes)
{
  uint32_t size = 4 + 8 * count;
  char    *data;
  char    *to;

  for (uint32_t i = 0; i < count; i++) {
    size += pairs[i].key.size + pairs[i].value.size + 2;
  }
  data = heap_take(size);
  if (data == NULL) {
    return "no memory for the pairs";
  }
  store32(data, count);
  to = data + 4 + 8 * count;
  for (uint32_t i = 0; i < count; i++) {
    store32(data + 4 + 8 * i, pairs[i].key.size);
    store32(data + 8 + 8 * i, pairs[i].value.size);
    to = append(append(to, pairs[i].key), pairs[i].value);
  }
  *bytes = (struct bytes){data, count > 0 ? size : 0};
  return NULL;
}

/** "..." as the last element, if `some` is asked for at all. */
static bool
read_dots(struct lexer *lexer, bool *some)
{
  if (some == NULL || !lexer_accept(lexer, '.')) {
    return false;
  }
  *some = lexer_accept(lexer, '.') && lexer_accept(lexer, '.');
  return *some;
}

problem
read_some_pairs(struct lexer *lexer, struct bytes *bytes, bool *some)
{
  struct pair pairs[PAIRS_MAX];
  uint32_t    count = 0;
  problem     found = NULL;

  if (!lexer_accept(lexer, '{')) {
    return read_bytes(lexer, bytes);
  }
  while (found == NULL && !lexer_accept(lexer, '}')) {
    if (read_dots(lexer, some)) {
      continue;
    }
    if (count == PAIRS_MAX) {
      return "too many pairs";
    }
    found = read_bytes(lexer, &pairs[count].key);
    if (found == NULL && !lexer_accept(lexer, ':')) {
      found = "':' is missing behind a key";
    }
    if (found == NULL) {
      found = read_bytes(lexer, &pairs[count++].value);
    }
    if (found == NULL && !lexer_accept(lexer, ',') && !lexer_is_sign(lexer, '}')) {
      found = "',' or '}' is missing behind a pair";
    }
  }
  return found != NULL ? found : pairs_encode(pairs, count, bytes);
}

problem
read_pairs(struct lexer *lexer, struct bytes *bytes)
{
  return read_some_pairs(lexer, bytes, NULL);
}

problem
read_vector(struct lexer *lexer, struct bytes *bytes)
{
  struct bytes *elements;
  uint32_t      count = 0;
  problem       found = NULL;

  if (!lexer_accept(lexer, '[')) {
    return read_bytes(lexer, bytes);
  }
  elements = heap_take(VECTOR_MAX * sizeof(*elements));
  while (elements != NULL && found == NULL && !lexer_accept(lexer, ']')) {
    if (count == VECTOR_MAX) {
      return "too many elements";
    }
    found = read_bytes(lexer, &elements[count++]);
    if (found == NULL && !lexer_accept(lexer, ',') && !lexer_is_sign(lexer, ']')) {
      found = "',' or ']' is missing behind an element";
    }
  }
  *bytes = (struct bytes){(const char *)elements, count};
  return found;
}

int
pairs_decode(struct bytes bytes, struct pair pairs[PAIRS_MAX])
{
  uint32_t base = (uint32_t)(uintptr_t)bytes.data;
  uint32_t count;
  uint64_t at;

  if (bytes.size == 0 || (bytes.size == 1 && bytes.data[0] == '\0')) {
    return 0;
  }
  if (bytes.size < 4 || (count = memory_load32(base)) > PAIRS_MAX || bytes.size < 4 + 8 * count) {
    return -1;
  }
  at = 4 + 8 * count;
  for (uint32_t i = 0; i < 2 * count; i++) {
    uint32_t     size  = memory_load32(base + 4 + 4 * i);
    struct bytes field = {bytes.data + at, size};

    at += (uint64_t)size + 1;
    if (at > bytes.size || field.data[size] != '\0') {
      return -1;
    }
    *(i % 2 == 0 ? &pairs[i / 2].key : &pairs[i / 2].value) = field;
  }
  return at == bytes.size ? (int)count : -1;
}
