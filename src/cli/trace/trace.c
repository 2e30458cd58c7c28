/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------------ tree */

static void
value_clear(struct pw_trace_value *value)
{
  pw_bytes_clear(&value->bytes);
  pw_fields_clear(&value->pairs);
}

static void
event_free(struct pw_trace_event *event)
{
  for (size_t i = 0; i < event->argument_count; i++) {
    value_clear(&event->arguments[i]);
  }
  for (size_t i = 0; i < event->return_count; i++) {
    value_clear(&event->returns[i]);
  }
  free(event->arguments);
  free(event->returns);
  free(event->plugin);
  free(event->name);
  free(event->trap);
  free(event->backtrace);
  free(event);
}

void
pw_trace_clear(struct pw_trace *trace)
{
  struct pw_trace_event *event = trace->first;
  /* Without recursion: a module may nest calls deeply. */
  while (event != NULL) {
    if (event->children != NULL) {
      event->last_child->next = event->next;
      event->next             = event->children;
      event->children         = NULL;
    }
    struct pw_trace_event *next = event->next;
    event_free(event);
    event = next;
  }
  *trace = (struct pw_trace){0};
}

static char *
copy_text(struct pw_view text)
{
  char *copy = malloc(text.size + 1);
  if (copy != NULL) {
    if (text.size > 0) {
      memcpy(copy, text.data, text.size);
    }
    copy[text.size] = '\0';
  }
  return copy;
}

static struct pw_trace_event *
event_new(struct pw_instance *instance, const char *name, size_t argument_count, size_t return_count)
{
  struct pw_trace_event  *event  = calloc(1, sizeof(*event));
  const struct pw_plugin *plugin = instance ? pw_instance_plugin(instance) : NULL;
  if (event == NULL) {
    return NULL;
  }
  event->plugin    = copy_text(plugin ? pw_plugin_configuration(plugin)->name : pw_view_make(NULL, 0));
  event->name      = copy_text(pw_view_of(name));
  event->arguments = calloc(argument_count + 1, sizeof(*event->arguments));
  event->returns   = calloc(return_count + 1, sizeof(*event->returns));
  if (event->plugin == NULL || event->name == NULL || event->arguments == NULL || event->returns == NULL) {
    event_free(event);
    return NULL;
  }
  return event;
}

/* Puts an event at its place, and makes it the one that others go under. */
static void
enter(struct pw_trace *trace, struct pw_trace_event *event)
{
  struct pw_trace_event  *parent = trace->current;
  struct pw_trace_event **last   = parent ? &parent->last_child : &trace->last;
  struct pw_trace_event **first  = parent ? &parent->children : &trace->first;
  event->parent                  = parent;
  if (*last != NULL) {
    (*last)->next = event;
  } else {
    *first = event;
  }
  *last          = event;
  trace->current = event;
}

/* ---------------------------------------------------------------------------------------------------------- values */

static void
set_name(struct pw_trace_value *value, const char *name, size_t size)
{
  size_t most = sizeof(value->name) - 1;
  memcpy(value->name, name, size < most ? size : most);
}

static void
set_number(struct pw_trace_value *value, int64_t number)
{
  value->kind   = PW_TRACE_NUMBER;
  value->number = number;
  value->word   = pw_trace_word(value->name, number);
}

static void
set_bad(struct pw_trace_value *value, uint32_t address, uint32_t size)
{
  value->kind   = PW_TRACE_BAD;
  value->number = address;
  value->size   = size;
}

static void
set_bytes(struct pw_trace_value *value, struct pw_instance *instance, uint32_t address, uint32_t size)
{
  struct pw_view bytes;
  if (!pw_instance_read(instance, address, size, &bytes)) {
    set_bad(value, address, size);
    return;
  }
  value->kind = PW_TRACE_BYTES;
  value->size = bytes.size;
  pw_bytes_append(&value->bytes, bytes.data, bytes.size < PW_TRACE_LIMIT ? bytes.size : PW_TRACE_LIMIT);
}

/* Pairs that cannot be parsed are shown as the bytes that they are. */
static void
set_pairs(struct pw_trace_value *value, struct pw_instance *instance, uint32_t address, uint32_t size)
{
  struct pw_view  bytes;
  struct pw_pairs pairs = {0};
  if (!pw_instance_read(instance, address, size, &bytes)) {
    set_bad(value, address, size);
    return;
  }
  if (pw_pairs_parse(bytes, &pairs) == PW_STATUS_OK) {
    value->kind = PW_TRACE_PAIRS;
    value->size = size;
    for (size_t i = 0; i < pairs.count; i++) {
      pw_fields_add(&value->pairs, pairs.items[i].key, pairs.items[i].value);
    }
  } else {
    set_bytes(value, instance, address, size);
  }
  pw_pairs_clear(&pairs);
}

static bool
read_number(struct pw_instance *instance, uint32_t address, uint32_t size, uint64_t *number)
{
  struct pw_view bytes;
  if (!pw_instance_read(instance, address, size, &bytes)) {
    return false;
  }
  *number = 0;
  for (uint32_t i = 0; i < size; i++) {
    *number |= (uint64_t)(uint8_t)bytes.data[i] << (8 * i);
  }
  return true;
}

/* ------------------------------------------------------------------------------------------------------- callbacks */

static void
on_callback_begin(void *data, struct pw_instance *instance, const char *callback, const pw_value *arguments,
                  size_t count)
{
  struct pw_trace       *trace = data;
  struct pw_trace_event *event = event_new(instance, callback, count, 0);
  if (event == NULL) {
    trace->truncated = true;
    return;
  }
  const char *names     = pw_trace_callback_parameters(callback);
  event->argument_count = count;
  for (size_t i = 0; i < count; i++) {
    size_t size = names ? strcspn(names, " ") : 0;
    if (size > 0) {
      set_name(&event->arguments[i], names, size);
      names += size + (names[size] == ' ');
    } else {
      snprintf(event->arguments[i].name, sizeof(event->arguments[i].name), "argument_%u",
               (unsigned)(i % PW_MAX_PARAMETERS));
    }
    set_number(&event->arguments[i], arguments[i].u32);
  }
  enter(trace, event);
}

static void
set_callback_result(struct pw_trace_value *result, char meaning, uint32_t number)
{
  result->kind   = meaning == 'p' ? PW_TRACE_ADDRESS : PW_TRACE_NUMBER;
  result->number = number;
  if (meaning == 'a') {
    result->word = number == PW_ACTION_CONTINUE ? "CONTINUE" : number == PW_ACTION_PAUSE ? "PAUSE" : NULL;
  } else if (meaning == 'b') {
    result->word = number ? "true" : "false";
  }
}

/* The event that ends now; NULL when its begin was lost for want of memory. */
static struct pw_trace_event *
leave(struct pw_trace *trace, const char *name)
{
  struct pw_trace_event *event = trace->current;
  if (event == NULL || strcmp(event->name, name) != 0) {
    return NULL;
  }
  trace->current = event->parent;
  return event;
}

static void
on_callback_end(void *data, struct pw_instance *instance, const char *callback, const pw_value *result,
                const struct pw_trap *trap)
{
  struct pw_trace       *trace   = data;
  struct pw_trace_event *event   = leave(trace, callback);
  char                   meaning = pw_trace_callback_result(callback);
  (void)instance;
  if (event == NULL) {
    return;
  }
  if (trap != NULL) {
    trace->trapped   = true;
    event->trap      = copy_text(pw_view_of(trap->message));
    event->backtrace = copy_text(pw_view_of(trap->backtrace));
  } else if (result != NULL && meaning != 'v' && meaning != 'n') {
    event->has_result = true;
    set_callback_result(&event->result, meaning, result->u32);
  }
}

/* ------------------------------------------------------------------------------------------------------- hostcalls */

/** A parameter of a hostcall, taken from its description "level:u message:b". */
struct parameter {
  const char *name;
  size_t      name_size;
  char        kind;
};

static bool
next_parameter(const char **description, struct parameter *parameter)
{
  const char *colon = strchr(*description, ':');
  if (colon == NULL || colon[1] == '\0') {
    return false;
  }
  parameter->name      = *description;
  parameter->name_size = (size_t)(colon - *description);
  parameter->kind      = colon[1];
  *description         = colon[2] == ' ' ? colon + 3 : colon + 2;
  return true;
}

static bool
is_return(char kind)
{
  return strchr("BPrR", kind) != NULL;
}

static size_t
width(char kind)
{
  return strchr("bpBP", kind) != NULL ? 2 : 1;
}

/* Statuses and deltas below zero are meant so by the SDKs, though the ABI text calls them unsigned. */
static bool
is_signed(const struct parameter *parameter)
{
  return strncmp(parameter->name, "delta:", 6) == 0 || strncmp(parameter->name, "grpc_status:", 12) == 0;
}

static void
set_argument(struct pw_trace_value *value, struct pw_instance *instance, const struct parameter *parameter,
             const pw_value *raw)
{
  set_name(value, parameter->name, parameter->name_size);
  switch (parameter->kind) {
  case 'u':
    set_number(value, is_signed(parameter) ? raw[0].i32 : (int64_t)raw[0].u32);
    break;
  case 'U':
    set_number(value, raw[0].i64);
    break;
  case 'b':
    set_bytes(value, instance, raw[0].u32, raw[1].u32);
    break;
  case 'p':
    set_pairs(value, instance, raw[0].u32, raw[1].u32);
    break;
  default:
    value->kind   = PW_TRACE_ADDRESS;
    value->number = raw[0].u32;
    break;
  }
}

static void
set_return(struct pw_trace_value *value, struct pw_instance *instance, const struct parameter *parameter,
           const pw_value *raw)
{
  uint64_t first  = 0;
  uint64_t second = 0;
  set_name(value, parameter->name, parameter->name_size);
  if (parameter->kind == 'r' || parameter->kind == 'R') {
    uint32_t size = parameter->kind == 'r' ? 4 : 8;
    if (read_number(instance, raw[0].u32, size, &first)) {
      set_number(value, (int64_t)first);
    } else {
      set_bad(value, raw[0].u32, size);
    }
    return;
  }
  if (!read_number(instance, raw[0].u32, 4, &first) || !read_number(instance, raw[1].u32, 4, &second)) {
    set_bad(value, raw[0].u32, 4);
  } else if (parameter->kind == 'P') {
    set_pairs(value, instance, (uint32_t)first, (uint32_t)second);
  } else {
    set_bytes(value, instance, (uint32_t)first, (uint32_t)second);
  }
}

static void
on_hostcall_begin(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall,
                  const pw_value *arguments)
{
  struct pw_trace       *trace = data;
  struct pw_trace_event *event = event_new(instance, hostcall->name, PW_MAX_PARAMETERS, PW_MAX_PARAMETERS);
  struct parameter       parameter;
  const char            *description = hostcall->parameters;
  if (event == NULL) {
    trace->truncated = true;
    return;
  }
  event->module = hostcall->module;
  while (next_parameter(&description, &parameter)) {
    if (!is_return(parameter.kind)) {
      set_argument(&event->arguments[event->argument_count++], instance, &parameter, arguments);
    }
    arguments += width(parameter.kind);
  }
  enter(trace, event);
}

static void
set_hostcall_result(struct pw_trace_event *event, const struct pw_hostcall *hostcall, const pw_value *result)
{
  event->has_result    = true;
  event->result.kind   = PW_TRACE_NUMBER;
  event->result.number = result->u32;
  event->result.word   = hostcall->result == 'e' ? pw_trace_errno_name(result->u32) : pw_status_name(result->i32);
}

static void
on_hostcall_end(void *data, struct pw_instance *instance, const struct pw_hostcall *hostcall, const pw_value *arguments,
                const pw_value *result, const char *trap)
{
  struct pw_trace       *trace = data;
  struct pw_trace_event *event = leave(trace, hostcall->name);
  struct parameter       parameter;
  const char            *description = hostcall->parameters;
  if (event == NULL) {
    return;
  }
  if (trap != NULL) {
    event->trap = copy_text(pw_view_of(trap));
    return;
  }
  if (result == NULL || hostcall->result == 'v') {
    return;
  }
  set_hostcall_result(event, hostcall, result);
  /* Nothing was written when it failed. */
  while (result->u32 == 0 && next_parameter(&description, &parameter)) {
    if (is_return(parameter.kind)) {
      set_return(&event->returns[event->return_count++], instance, &parameter, arguments);
    }
    arguments += width(parameter.kind);
  }
}

const struct pw_trace_ops pw_trace_ops_tree = {
  .callback_begin = on_callback_begin,
  .callback_end   = on_callback_end,
  .hostcall_begin = on_hostcall_begin,
  .hostcall_end   = on_hostcall_end,
};
