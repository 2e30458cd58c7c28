/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include "hostcalls.h"
#include "result.h"

#define MEMORIES_MAX 2
#define MEMORY_SIZE  4096

struct call {
  const struct hostcall *hostcall;
  uint64_t               raw[RAW_MAX];
  uint64_t               slots[RAW_MAX]; /**< where results come to, unless the script says otherwise */
  uint32_t               count;          /**< of `raw` */
  uint32_t               memories;       /**< of `memory` that are taken */
  uint32_t               status;
};

static char memory[MEMORIES_MAX][MEMORY_SIZE];

static const struct {
  const char *name;
  uint32_t    number;
} statuses[] =
  {
    {"OK", 0},
    {"NOT_FOUND", 1},
    {"BAD_ARGUMENT", 2},
    {"SERIALIZATION_FAILURE", 3},
    {"PARSE_FAILURE", 4},
    {"INVALID_MEMORY_ACCESS", 6},
    {"EMPTY", 7},
    {"CAS_MISMATCH", 8},
    {"INTERNAL_FAILURE", 10},
    {"UNIMPLEMENTED", 12},
},
  errnos[] = {
    {"SUCCESS", 0}, {"BADF", 8},   {"FAULT", 21},  {"INVAL", 28},
    {"NOENT", 44},  {"NOSYS", 52}, {"NOTSUP", 58}, {"NOTCAPABLE", 76},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/** The number for a status's name, or -1. */
static int
status_number(char result, struct bytes name)
{
  for (uint32_t i = 0; i < (result == 'e' ? LENGTH(errnos) : LENGTH(statuses)); i++) {
    if (bytes_equal(bytes_of(result == 'e' ? errnos[i].name : statuses[i].name), name)) {
      return (int)(result == 'e' ? errnos[i].number : statuses[i].number);
    }
  }
  return -1;
}

static void
put_status(struct writer *writer, char result, uint32_t number)
{
  for (uint32_t i = 0; i < (result == 'e' ? LENGTH(errnos) : LENGTH(statuses)); i++) {
    if ((result == 'e' ? errnos[i].number : statuses[i].number) == number) {
      put_text(writer, result == 'e' ? errnos[i].name : statuses[i].name);
      return;
    }
  }
  put_number(writer, number);
}

/** Memory for the host to write to, filled with what it would hardly write. */
static uint64_t
take_memory(struct call *call)
{
  char *taken = memory[call->memories++ % MEMORIES_MAX];

  for (uint32_t i = 0; i < MEMORY_SIZE; i++) {
    taken[i] = UNTOUCHED;
  }
  return (uintptr_t)taken;
}

static void
add_raw(struct call *call, uint64_t value)
{
  call->raw[call->count++] = value;
}

static bool
is_one_of(char letter, const char *letters)
{
  while (*letters != '\0' && *letters != letter) {
    letters++;
  }
  return *letters != '\0';
}

/** Slots and memory may be left out, or `_`. */
static problem
read_place_for_result(struct lexer *lexer, struct call *call, char letter, bool left_out)
{
  uint64_t address;

  if (!left_out && lexer_accept(lexer, '@')) {
    problem found = read_address(lexer, &address);

    add_raw(call, address);
    return found;
  }
  if (!left_out && !lexer_accept_name(lexer, "_")) {
    return "an address or '_' is missing";
  }
  add_raw(call, letter == 'm' ? take_memory(call) : (uintptr_t)&call->slots[call->count]);
  return NULL;
}

static problem
read_argument(struct lexer *lexer, struct call *call, char letter)
{
  struct bytes bytes = {NULL, 0};
  uint64_t     number;
  problem      found;

  switch (letter) {
  case 'u':
  case 'U':
    found = read_number(lexer, &number);
    add_raw(call, number);
    return found;
  case 'a':
    if (lexer_accept(lexer, '@')) {
      found = read_address(lexer, &number);
      add_raw(call, number);
      return found;
    }
    found = read_bytes(lexer, &bytes);
    add_raw(call, (uintptr_t)bytes.data);
    return found;
  default:
    found = letter == 'p'   ? read_pairs(lexer, &bytes)
            : letter == 'v' ? read_vector(lexer, &bytes)
                            : read_bytes(lexer, &bytes);
    add_raw(call, (uintptr_t)bytes.data);
    add_raw(call, bytes.size);
    return found;
  }
}

/** Everything between the parentheses. */
static problem
read_arguments(struct lexer *lexer, struct call *call)
{
  problem found = lexer_accept(lexer, '(') ? NULL : "'(' is missing";
  bool    first = true;

  for (const char *letter = call->hostcall->parameters; found == NULL && *letter != '\0'; letter++) {
    bool place = is_one_of(*letter, "BPrRm");

    for (int slots = is_one_of(*letter, "BP") ? 2 : 1; found == NULL && slots > 0; slots--) {
      bool left_out = lexer_is_sign(lexer, ')');

      if (left_out && !place) {
        return "too few arguments";
      }
      if (!left_out && !first && !lexer_accept(lexer, ',')) {
        return "',' is missing between arguments";
      }
      first = false;
      found = place ? read_place_for_result(lexer, call, *letter, left_out) : read_argument(lexer, call, *letter);
    }
  }
  if (found == NULL && !lexer_accept(lexer, ')')) {
    found = "')' is missing behind the arguments";
  }
  return found;
}

/** Whether the slots of a result, which a script may have put anywhere, can be read. */
static bool
result_in_memory(const struct call *call, char letter, uint32_t at, bool asked)
{
  uint32_t slot = (uint32_t)call->raw[at];

  switch (letter) {
  case 'r':
    return memory_has(slot, 4);
  case 'R':
    return memory_has(slot, 8);
  case 'B':
  case 'P':
    return memory_has(slot, 4) && memory_has((uint32_t)call->raw[at + 1], 4);
  case 'm':
    return !asked || memory_has(slot, MEMORY_SIZE);
  default:
    return true;
  }
}

/** One result, at `raw[at]`; answers how many raw values it has. */
static uint32_t
check_result(struct lexer *lexer, const struct call *call, char letter, uint32_t at, bool *met, struct writer *writer)
{
  uint32_t     slot  = (uint32_t)call->raw[at];
  uint32_t     width = is_one_of(letter, "BPbpv") ? 2 : 1;
  bool         asked = lexer->token.kind != TOKEN_END;
  struct bytes bytes;

  if (!result_in_memory(call, letter, at, asked)) {
    put_text(writer, "; that slot is not in memory");
    *met = false;
    return width;
  }
  switch (letter) {
  case 'r':
    *met = !asked || result_number(lexer, memory_load32(slot), writer);
    break;
  case 'R':
    *met = !asked || result_number(lexer, memory_load64(slot), writer);
    break;
  case 'm':
    *met = !asked || result_memory(lexer, (struct bytes){(const char *)(uintptr_t)slot, MEMORY_SIZE}, writer);
    break;
  case 'B':
  case 'P':
    bytes.data = (const char *)(uintptr_t)memory_load32(slot);
    bytes.size = memory_load32((uint32_t)call->raw[at + 1]);
    if (!memory_has((uint32_t)(uintptr_t)bytes.data, bytes.size)) {
      put_text(writer, "; the returned bytes are not in memory");
      *met = false;
    } else {
      *met = !asked || (letter == 'P' ? result_pairs(lexer, bytes, writer) : result_bytes(lexer, bytes, writer));
    }
    break;
  default:
    break;
  }
  return width;
}

static bool
check_results(struct lexer *lexer, const struct call *call, struct writer *writer)
{
  bool     met = true;
  uint32_t at  = 0;

  for (const char *letter = call->hostcall->parameters; met && *letter != '\0'; letter++) {
    at += check_result(lexer, call, *letter, at, &met, writer);
  }
  if (met && lexer->token.kind != TOKEN_END) {
    put_text(writer, "; more patterns than results");
    met = false;
  }
  return met;
}

/** The status behind the arrow; without an arrow, 0. -1: none that is known. */
static int
read_status(struct lexer *lexer, const struct call *call)
{
  int number = 0;

  if (lexer->token.kind != TOKEN_ARROW) {
    return lexer->token.kind == TOKEN_END ? 0 : -1;
  }
  lexer_next(lexer);
  if (lexer->token.kind == TOKEN_NAME) {
    number = status_number(call->hostcall->result, lexer->token.text);
    lexer_next(lexer);
  }
  return number;
}

bool
call_perform(struct lexer *lexer, struct writer *writer)
{
  struct call call = {.hostcall = hostcall_find(lexer->token.text)};
  int         wanted;
  problem     found;

  if (lexer->token.kind != TOKEN_NAME || call.hostcall == NULL) {
    put_text(writer, "there is no such hostcall");
    return false;
  }
  lexer_next(lexer);
  found = read_arguments(lexer, &call);
  if (found != NULL) {
    put_text(writer, found);
    return false;
  }
  wanted      = read_status(lexer, &call);
  call.status = call.hostcall->call(call.raw);
  put_text(writer, "answered ");
  put_status(writer, call.hostcall->result, call.status);
  if (wanted < 0 || call.status != (uint32_t)wanted) {
    put_text(writer, wanted < 0 ? "; the status behind the arrow is none" : "");
    return false;
  }
  return wanted == 0 ? check_results(lexer, &call, writer) : true;
}
