/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the scripted module; part of scripted.c. See scripted.h for the language. */
#ifndef SCRIPT_COMMANDS_H
#define SCRIPT_COMMANDS_H

#include "scripted.h"

struct command {
  const char *name;
  size_t      words; /* that have to follow */
  proxy_status_t (*function)(struct run *run, const proxy_view_t *words, size_t count);
};

static const char *
text_of(proxy_view_t word)
{
  /* Words end where a separator was, which script_words has replaced by NUL. */
  return word.data;
}

static uint64_t
number_of(proxy_view_t word)
{
  uint64_t number = 0;
  proxy_view_number(word, &number);
  return number;
}

static proxy_map_type_t
map_of(proxy_view_t word)
{
  return proxy_view_equal(word, proxy_view("request")) ? PROXY_MAP_HTTP_REQUEST_HEADERS
                                                       : PROXY_MAP_HTTP_RESPONSE_HEADERS;
}

/* "key=value" */
static proxy_pair_t
pair_of(proxy_view_t word)
{
  proxy_pair_t pair = {word, {NULL, 0}};
  for (size_t i = 0; i < word.size; i++) {
    if (word.data[i] == '=') {
      pair.key   = proxy_view_make(word.data, i);
      pair.value = proxy_view_make(word.data + i + 1, word.size - i - 1);
      break;
    }
  }
  return pair;
}

void
script_note(struct run *run, const char *label, proxy_view_t text)
{
  char   line[1024];
  size_t size = proxy_format(line, sizeof line - 4, "%s", label);
  for (size_t i = 0; i < text.size && size < sizeof line - 4; i++) {
    unsigned char byte = (unsigned char)text.data[i];
    if (byte < 0x20 || byte >= 0x7f || byte == '%') {
      size += proxy_format(line + size, 4, "%%%02x", byte);
    } else {
      line[size++] = (char)byte;
    }
  }
  proxy_log(PROXY_LOG_INFO, line, size);
  struct context *context = run->context;
  if (context->notes_size + size + 1 <= NOTES_SIZE) {
    memcpy(context->notes + context->notes_size, line, size);
    context->notes[context->notes_size + size] = '\n';
    context->notes_size += size + 1;
  }
}

/* A note "LABEL=VALUE" of what a hostcall gave, which is freed. */
static proxy_status_t
note_bytes(struct run *run, proxy_view_t label, proxy_status_t status, proxy_bytes_t *value)
{
  char text[256];
  if (status == PROXY_STATUS_OK) {
    proxy_format(text, sizeof text, "%.*s=", PROXY_VIEW_ARGUMENTS(label));
    script_note(run, text, proxy_bytes_view(*value));
    proxy_bytes_free(value);
  }
  return status;
}

static void
note_number(struct run *run, proxy_view_t label, int64_t value)
{
  char text[256], digits[32];
  proxy_format(text, sizeof text, "%.*s=", PROXY_VIEW_ARGUMENTS(label));
  proxy_format(digits, sizeof digits, "%lld", (long long)value);
  script_note(run, text, proxy_view(digits));
}

static proxy_status_t
do_note(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  script_note(run, "", words[0]);
  return PROXY_STATUS_OK;
}

static proxy_status_t
do_arguments(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)words, (void)count;
  note_number(run, proxy_view("headers"), run->header_count);
  note_number(run, proxy_view("end_of_stream"), run->end_of_stream);
  return PROXY_STATUS_OK;
}

/* ------------------------------------------------------------------------------------------------------- headers */

static proxy_status_t
do_add(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  return proxy_header_add_view(map_of(words[0]), words[1], words[2]);
}

static proxy_status_t
do_replace(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  return proxy_header_replace_view(map_of(words[0]), words[1], words[2]);
}

static proxy_status_t
do_remove(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  return proxy_header_remove(map_of(words[0]), text_of(words[1]));
}

static proxy_status_t
do_get(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  proxy_bytes_t value;
  return note_bytes(run, words[1], proxy_header_get(map_of(words[0]), text_of(words[1]), &value), &value);
}

static proxy_status_t
do_set(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run;
  proxy_pair_t pairs[SCRIPT_WORDS];
  for (size_t i = 1; i < count; i++) {
    pairs[i - 1] = pair_of(words[i]);
  }
  return proxy_headers_set(map_of(words[0]), pairs, count - 1);
}

static proxy_status_t
do_all(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  proxy_pairs_t  pairs;
  proxy_pair_t   pair;
  proxy_status_t status = proxy_headers_get(map_of(words[0]), &pairs);
  while (status == PROXY_STATUS_OK && proxy_pairs_next(&pairs, &pair)) {
    char label[256];
    proxy_format(label, sizeof label, "%.*s=", PROXY_VIEW_ARGUMENTS(pair.key));
    script_note(run, label, pair.value);
  }
  proxy_pairs_free(&pairs);
  return status;
}

static proxy_status_t
do_size(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  size_t         size;
  proxy_bytes_t  pairs;
  proxy_status_t status = proxy_get_header_map_size(map_of(words[0]), &size);
  if (status == PROXY_STATUS_OK) {
    status = proxy_get_header_map_pairs(map_of(words[0]), &pairs.data, &pairs.size);
  }
  if (status == PROXY_STATUS_OK) {
    note_number(run, proxy_view("size"), (int64_t)size);
    note_number(run, proxy_view("pairs"), (int64_t)pairs.size);
    proxy_bytes_free(&pairs);
  }
  return status;
}

/* ----------------------------------------------------------------------------------------------- flow of a stream */

static proxy_status_t
do_reply(struct run *run, const proxy_view_t *words, size_t count)
{
  proxy_pair_t headers[SCRIPT_WORDS];
  for (size_t i = 2; i < count; i++) {
    headers[i - 2] = pair_of(words[i]);
  }
  run->action = PROXY_ACTION_PAUSE;
  return proxy_local_response((uint32_t)number_of(words[0]), words[1], headers, count - 2);
}

static proxy_status_t
do_pause(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  run->action = PROXY_ACTION_PAUSE;
  resume_later(run, run->phase == PHASE_REQUEST ? PROXY_STREAM_HTTP_REQUEST : PROXY_STREAM_HTTP_RESPONSE,
               number_of(words[0]));
  return PROXY_STATUS_OK;
}

static proxy_status_t
do_hang(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)words, (void)count;
  run->action = PROXY_ACTION_PAUSE;
  return PROXY_STATUS_OK;
}

static proxy_status_t
do_close(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)words, (void)count;
  run->action = PROXY_ACTION_PAUSE;
  return proxy_close_stream(run->phase == PHASE_REQUEST ? PROXY_STREAM_HTTP_REQUEST : PROXY_STREAM_HTTP_RESPONSE);
}

static proxy_status_t
do_fail(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)words, (void)count;
  run->failed = true;
  return PROXY_STATUS_OK;
}

/* ------------------------------------------------------------------------------------ properties, metrics, shared */

static proxy_status_t
do_property(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  proxy_bytes_t value;
  return note_bytes(run, words[0], proxy_property_get(text_of(words[0]), &value), &value);
}

static proxy_status_t
do_number(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  int64_t        value  = 0;
  proxy_status_t status = proxy_property_number(text_of(words[0]), &value);
  if (status == PROXY_STATUS_OK) {
    note_number(run, words[0], value);
  }
  return status;
}

static proxy_status_t
do_set_property(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  return proxy_property_set(text_of(words[0]), words[1]);
}

/* Defining a metric that there is gives its id. */
static uint32_t
metric_id(proxy_metric_type_t type, proxy_view_t name)
{
  uint32_t id = 0;
  proxy_metric_define(type, text_of(name), &id);
  return id;
}

static proxy_status_t
do_count(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  return proxy_increment_metric(metric_id(PROXY_METRIC_COUNTER, words[0]), (int64_t)number_of(words[1]));
}

static proxy_status_t
do_record(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  return proxy_record_metric(metric_id(PROXY_METRIC_GAUGE, words[0]), number_of(words[1]));
}

static proxy_status_t
do_sample(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  return proxy_record_metric(metric_id(PROXY_METRIC_HISTOGRAM, words[0]), number_of(words[1]));
}

static proxy_status_t
do_metric(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  uint64_t       value  = 0;
  proxy_status_t status = proxy_get_metric(metric_id(PROXY_METRIC_COUNTER, words[0]), &value);
  note_number(run, words[0], (int64_t)value);
  return status;
}

static proxy_status_t
do_shared(struct run *run, const proxy_view_t *words, size_t count)
{
  proxy_bytes_t value;
  uint32_t      cas = 0;
  if (count > 1) {
    return proxy_shared_set(text_of(words[0]), words[1], 0);
  }
  return note_bytes(run, words[0], proxy_shared_get(text_of(words[0]), &value, &cas), &value);
}

static proxy_status_t
do_once(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  proxy_bytes_t value;
  uint32_t      cas = 0;
  if (proxy_shared_get(text_of(words[0]), &value, &cas) == PROXY_STATUS_OK) {
    proxy_bytes_free(&value);
    run->ended = true;
    return PROXY_STATUS_OK;
  }
  return proxy_shared_set(text_of(words[0]), proxy_view("1"), 0);
}

static proxy_status_t
do_vm(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)words, (void)count;
  note_number(run, proxy_view("vm_streams"), vm_streams);
  return PROXY_STATUS_OK;
}

/* ---------------------------------------------------------------------------------- logs, timers, and what goes wrong
 */

static proxy_status_t
do_log(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  static const char *const levels[] = {"trace", "debug", "info", "warn", "error", "critical"};
  unsigned                 level    = 0;
  while (level < 5 && !proxy_view_equal(words[0], proxy_view(levels[level]))) {
    level++;
  }
  return proxy_log((proxy_log_level_t)level, words[1].data, words[1].size);
}

static proxy_status_t
do_lines(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  for (uint64_t i = 0; i < number_of(words[0]); i++) {
    proxy_log_format(PROXY_LOG_INFO, "line %d", (int)i);
  }
  return PROXY_STATUS_OK;
}

static proxy_status_t
do_tick(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  return proxy_set_tick_period_milliseconds((uint32_t)number_of(words[0]));
}

static proxy_status_t
do_grow(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)count;
  if (!proxy_allocate((size_t)number_of(words[0]) << 10)) {
    script_note(run, "out of memory", proxy_view(""));
  }
  return PROXY_STATUS_OK;
}

static volatile int zero, sink;

static int fall(int depth);
static int (*volatile next_fall)(int) = fall;

/* Through a pointer, or a compiler would make a loop of it; without anything on the stack in the module's memory, so
 * that the engine's own stack ends first. */
static int
fall(int depth)
{
  return next_fall(depth + 1) + sink;
}

static __attribute__((noinline)) proxy_status_t
do_trap(struct run *run, const proxy_view_t *words, size_t count)
{
  (void)run, (void)count;
  if (proxy_view_equal(words[0], proxy_view("memory"))) {
    sink = *(volatile int *)0xfffffff0u;
  } else if (proxy_view_equal(words[0], proxy_view("division"))) {
    sink = (int)words[0].size / zero;
  } else if (proxy_view_equal(words[0], proxy_view("stack"))) {
    sink = fall(0);
  } else if (proxy_view_equal(words[0], proxy_view("loop"))) {
    for (;;) {
      sink++;
    }
  } else if (proxy_view_equal(words[0], proxy_view("growth"))) {
    /* More memory without end, and all of it used. */
    for (;;) {
      size_t page = __builtin_wasm_memory_grow(0, 1);

      if (page != SIZE_MAX) {
        *(volatile char *)(page << 16) = 1;
      }
    }
  }
  __builtin_trap();
}

static const struct command commands[] = {
  {"note", 1, do_note},     {"arguments", 0, do_arguments},
  {"add", 3, do_add},       {"replace", 3, do_replace},
  {"remove", 2, do_remove}, {"get", 2, do_get},
  {"set", 1, do_set},       {"all", 1, do_all},
  {"reply", 2, do_reply},   {"pause", 1, do_pause},
  {"hang", 0, do_hang},     {"close", 0, do_close},
  {"fail", 0, do_fail},     {"property", 1, do_property},
  {"number", 1, do_number}, {"set_property", 2, do_set_property},
  {"count", 2, do_count},   {"record", 2, do_record},
  {"sample", 2, do_sample}, {"metric", 1, do_metric},
  {"shared", 1, do_shared}, {"once", 1, do_once},
  {"vm", 0, do_vm},         {"log", 2, do_log},
  {"lines", 1, do_lines},   {"tick", 1, do_tick},
  {"grow", 1, do_grow},     {"trap", 1, do_trap},
  {"size", 1, do_size},
};

/* ------------------------------------------------------------------------------------------------------ the language
 */

static int
hexadecimal(char digit)
{
  char lower = (char)(digit | 0x20);
  return digit >= '0' && digit <= '9' ? digit - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Decodes %XX in place and ends the word with a NUL; the separator behind it is gone by then. */
static proxy_view_t
decode(char *data, size_t size)
{
  size_t to = 0;
  for (size_t from = 0; from < size; from++, to++) {
    if (data[from] == '%' && from + 2 < size && hexadecimal(data[from + 1]) >= 0 && hexadecimal(data[from + 2]) >= 0) {
      data[to] = (char)(hexadecimal(data[from + 1]) << 4 | hexadecimal(data[from + 2]));
      from += 2;
    } else {
      data[to] = data[from];
    }
  }
  data[to] = 0;
  return proxy_view_make(data, to);
}

static void
command_run(struct run *run, const proxy_view_t *words, size_t count)
{
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    if (!proxy_view_equal(words[0], proxy_view(commands[i].name)) || count - 1 < commands[i].words) {
      continue;
    }
    proxy_status_t status = commands[i].function(run, words + 1, count - 1);
    if (status != PROXY_STATUS_OK) {
      note_number(run, words[0], status);
    }
    return;
  }
  script_note(run, "no such command: ", words[0]);
}

void
script_run(struct run *run, proxy_bytes_t script)
{
  /* A copy with room for the NUL behind the last word. */
  char *text = proxy_allocate(script.size + 1);
  if (!text) {
    return;
  }
  memcpy(text, script.data, script.size);
  for (size_t at = 0; at < script.size && !run->ended;) {
    proxy_view_t words[SCRIPT_WORDS];
    size_t       count = 0;
    bool         last  = false;
    while (at < script.size && !last) {
      size_t end = at;
      while (end < script.size && text[end] != ' ' && text[end] != ';') {
        end++;
      }
      last = end < script.size && text[end] == ';';
      if (end > at && count < SCRIPT_WORDS) {
        words[count++] = decode(text + at, end - at);
      }
      at = end + 1;
    }
    if (count > 0) {
      command_run(run, words, count);
    }
  }
  proxy_free(text);
}

#endif
