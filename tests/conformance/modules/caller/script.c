/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <proxy_wasm.h>

#include "call.h"
#include "sweep.h"
#include "traps.h"

/** One run of a script's sections for one event. */
struct run {
  const struct event *event;
  uint32_t            line;
  uint32_t            failures;
  uint32_t            result;
  bool                active; /**< the lines belong to a section of this event */
  bool                met;    /**< there was such a section */
};

/** Through proxy_log; if that is denied, through fd_write, which logs too. */
static void
report(proxy_log_level_t level, const struct writer *writer)
{
  proxy_wasi_iovec_t vector = {writer->text, writer->size};
  size_t             written;

  if (proxy_log(level, writer->text, writer->size) != PROXY_STATUS_OK) {
    proxy_wasi_fd_write(level >= PROXY_LOG_ERROR ? PROXY_WASI_STDERR : PROXY_WASI_STDOUT, &vector, 1, &written);
  }
}

static void
report_failure(const struct run *run, struct bytes line, const struct writer *why)
{
  struct writer writer = {.size = 0};

  put_text(&writer, "FAILED ");
  put_text(&writer, run->event->section);
  put_text(&writer, ", line ");
  put_number(&writer, run->line);
  put_text(&writer, ": ");
  put_bytes(&writer, line);
  put_text(&writer, ": ");
  put_bytes(&writer, (struct bytes){why->text, why->size});
  report(PROXY_LOG_ERROR, &writer);
}

static void
report_end(const struct run *run)
{
  struct writer writer = {.size = 0};

  put_text(&writer, run->event->section);
  put_text(&writer, run->failures == 0 ? ": as expected" : ": FAILED");
  report(run->failures == 0 ? PROXY_LOG_INFO : PROXY_LOG_ERROR, &writer);
}

/** "name:" or "name#2:", and nothing else in the line. */
static bool
is_header(struct lexer lexer, const struct event *event, bool *ours)
{
  *ours = lexer.token.kind == TOKEN_NAME && bytes_equal(lexer.token.text, bytes_of(event->section));
  if (lexer.token.kind != TOKEN_NAME) {
    return false;
  }
  lexer_next(&lexer);
  if (lexer_accept(&lexer, '#') && lexer.token.kind == TOKEN_NUMBER) {
    *ours = *ours && lexer.token.number == event->occurrence;
    lexer_next(&lexer);
  }
  return lexer_accept(&lexer, ':') && lexer.token.kind == TOKEN_END;
}

/** "A == B"; the word is behind us. */
static problem
expect(struct lexer *lexer, bool *holds)
{
  uint64_t left;
  uint64_t right;
  problem  found = read_number(lexer, &left);
  char     sign  = lexer->token.kind == TOKEN_SIGN ? lexer->token.sign : '\0';

  if (found != NULL) {
    return found;
  }
  if (sign != '=' && sign != '!' && sign != '>') {
    return "'==', '!=' or '>' is missing";
  }
  lexer_next(lexer);
  if (sign != '>' && !lexer_accept(lexer, '=')) {
    return "'==' or '!=' is missing";
  }
  found = read_number(lexer, &right);
  if (found == NULL) {
    *holds = sign == '=' ? left == right : sign == '!' ? left != right : left > right;
  }
  return found;
}

static bool
perform_expect(struct lexer *lexer, struct writer *why)
{
  bool    holds = false;
  problem found = expect(lexer, &holds);

  put_text(why, found != NULL ? found : "it is not so");
  return found == NULL && holds;
}

static bool
perform_set(struct lexer *lexer, struct writer *why)
{
  struct bytes name = {NULL, 0};
  uint64_t     number;
  problem      found;

  if (lexer_accept(lexer, '$')) {
    name = lexer->token.text;
    lexer_next(lexer);
  }
  if (name.size == 0 || !lexer_accept(lexer, '=')) {
    put_text(why, "'$name =' is missing");
    return false;
  }
  found = read_number(lexer, &number);
  if (found == NULL) {
    found = variable_set(name, number);
  }
  put_text(why, found != NULL ? found : "");
  return found == NULL;
}

static bool
perform_return(struct lexer *lexer, struct run *run, struct writer *why)
{
  uint64_t number;
  problem  found = read_number(lexer, &number);

  put_text(why, found != NULL ? found : "");
  run->result = found == NULL ? (uint32_t)number : run->result;
  return found == NULL;
}

static bool
perform_trap(struct lexer *lexer, struct writer *why)
{
  put_text(why, "there is no such trap");
  return trap_perform(lexer->token.text);
}

static bool
perform_sweep(struct lexer *lexer, const struct run *run, struct writer *why)
{
  uint64_t calls;
  problem  found = read_number(lexer, &calls);

  put_text(why, found != NULL ? found : "");
  if (found == NULL) {
    sweep((uint32_t)calls, run->line + run->event->occurrence);
  }
  return found == NULL;
}

static bool
perform(struct run *run, struct lexer *lexer, struct writer *why)
{
  if (lexer_accept_name(lexer, "expect")) {
    return perform_expect(lexer, why);
  }
  if (lexer_accept_name(lexer, "set")) {
    return perform_set(lexer, why);
  }
  if (lexer_accept_name(lexer, "return")) {
    return perform_return(lexer, run, why);
  }
  if (lexer_accept_name(lexer, "trap")) {
    return perform_trap(lexer, why);
  }
  if (lexer_accept_name(lexer, "sweep")) {
    return perform_sweep(lexer, run, why);
  }
  if (lexer_accept_name(lexer, "grow_memory")) {
    return variable_set(BYTES("pages"), trap_grow_memory()) == NULL;
  }
  return call_perform(lexer, why);
}

static void
run_line(struct run *run, struct bytes line)
{
  struct writer why = {.size = 0};
  struct lexer  lexer;
  bool          ours;

  lexer_begin(&lexer, line);
  if (lexer.token.kind == TOKEN_END) {
    return;
  }
  if (is_header(lexer, run->event, &ours)) {
    run->active = ours;
    run->met    = run->met || ours;
  } else if (run->active && !perform(run, &lexer, &why)) {
    run->failures++;
    report_failure(run, line, &why);
  }
}

static void
run_text(struct run *run, struct bytes text)
{
  uint32_t start = 0;

  run->line   = 0;
  run->active = false;
  for (uint32_t i = 0; i <= text.size; i++) {
    if (i == text.size || text.data[i] == '\n') {
      run->line++;
      run_line(run, (struct bytes){text.data + start, i - start});
      start = i + 1;
    }
  }
}

uint32_t
script_run(struct bytes vm_script, struct bytes plugin_script, const struct event *event)
{
  struct run      run        = {.event = event, .result = event->result};
  const uint32_t *outer      = callback_arguments;
  uint32_t        outer_size = callback_argument_count;

  callback_arguments      = event->arguments;
  callback_argument_count = event->argument_count;
  run_text(&run, vm_script);
  run_text(&run, plugin_script);
  callback_arguments      = outer;
  callback_argument_count = outer_size;
  if (run.met) {
    report_end(&run);
  }
  if (run.failures > 0) {
    __builtin_trap();
  }
  return run.result;
}
