/* SPDX-License-Identifier: Apache-2.0 */
/* The callbacks of the scripted module; see scripted.h. */
#define PROXY_WASM_IMPLEMENTATION
#include "scripted.h"
#include "script_commands.h"

static const char *const phase_names[PHASE_COUNT] = {"vm_start", "configure", "tick", "create", "request",
                                                     "response", "done",      "log",  "delete"};

uint32_t vm_streams;

#define PAUSED_MAX 256
static struct {
  uint32_t            context_id;
  proxy_stream_type_t stream;
  uint64_t            when; /* nanoseconds; 0: free */
} paused[PAUSED_MAX];

void
resume_later(struct run *run, proxy_stream_type_t stream, uint64_t milliseconds)
{
  for (size_t i = 0; i < PAUSED_MAX; i++) {
    if (paused[i].when == 0) {
      paused[i].context_id = run->context->id;
      paused[i].stream     = stream;
      paused[i].when       = proxy_time_nanoseconds() + milliseconds * 1000000;
      break;
    }
  }
  proxy_set_effective_context(run->root->id);
  proxy_set_tick_period_milliseconds(10);
  proxy_set_effective_context(run->context->id);
}

static void
resume_due(void)
{
  uint64_t now = proxy_time_nanoseconds();
  for (size_t i = 0; i < PAUSED_MAX; i++) {
    if (paused[i].when != 0 && paused[i].when <= now) {
      paused[i].when = 0;
      if (proxy_set_effective_context(paused[i].context_id) == PROXY_STATUS_OK) {
        proxy_continue_stream(paused[i].stream);
      }
    }
  }
}

/* The rest of the configuration's line that begins with "KEY:" or "KEY ", copied. */
static proxy_bytes_t
configuration_line(const struct context *root, const char *key)
{
  proxy_view_t  text = proxy_bytes_view(root->configuration), name = proxy_view(key);
  proxy_bytes_t line = {NULL, 0};
  for (size_t at = 0; at < text.size;) {
    size_t end = at;
    while (end < text.size && text.data[end] != '\n') {
      end++;
    }
    if (end - at > name.size && proxy_view_equal(proxy_view_make(text.data + at, name.size), name) &&
        (text.data[at + name.size] == ':' || text.data[at + name.size] == ' ')) {
      at += name.size + 1;
      line.data = proxy_allocate(end - at + 1);
      if (line.data) {
        memcpy(line.data, text.data + at, end - at);
        line.size = end - at;
      }
      return line;
    }
    at = end + 1;
  }
  return line;
}

static void
run_phase(struct run *run)
{
  proxy_bytes_t script = configuration_line(run->root, phase_names[run->phase]);
  script_run(run, script);
  proxy_bytes_free(&script);
  if (run->phase < PHASE_REQUEST || run->phase > PHASE_LOG) {
    return;
  }
  run->ended = false;
  char header[NAME_SIZE + 16];
  proxy_format(header, sizeof header, "%s-%s", run->root->name, phase_names[run->phase]);
  if (proxy_header_get(PROXY_MAP_HTTP_REQUEST_HEADERS, header, &script) == PROXY_STATUS_OK) {
    script_run(run, script);
    proxy_bytes_free(&script);
  }
}

static struct run
run_make(uint32_t context_id, enum phase phase)
{
  struct run run = {0};
  run.context    = proxy_context_get(context_id);
  run.root       = proxy_context_get(run.context->root_id);
  run.phase      = phase;
  return run;
}

/* The notes so far, as response headers. */
static void
show_notes(struct run *run)
{
  char header[NAME_SIZE + 16];
  proxy_format(header, sizeof header, "%s-note", run->root->name);
  struct context *context = run->context;
  for (size_t at = 0; at < context->notes_size;) {
    size_t end = at;
    while (context->notes[end] != '\n') {
      end++;
    }
    proxy_header_add_view(PROXY_MAP_HTTP_RESPONSE_HEADERS, proxy_view(header),
                          proxy_view_make(context->notes + at, end - at));
    at = end + 1;
  }
  context->notes_size = 0;
}

void
proxy_on_context_create(uint32_t context_id, uint32_t parent_context_id)
{
  struct context *context = proxy_context_new(context_id, sizeof *context);
  context->id             = context_id;
  context->root_id        = parent_context_id ? parent_context_id : context_id;
  if (parent_context_id) {
    vm_streams++;
    struct run run = run_make(context_id, PHASE_CREATE);
    run_phase(&run);
  } else {
    proxy_format(context->name, sizeof context->name, "do");
  }
}

bool
proxy_on_vm_start(uint32_t context_id, size_t size)
{
  struct run    run = run_make(context_id, PHASE_VM_START);
  proxy_bytes_t script;
  if (size > 0 && proxy_buffer_get(PROXY_BUFFER_VM_CONFIGURATION, 0, size, &script) == PROXY_STATUS_OK) {
    script_run(&run, script);
    proxy_bytes_free(&script);
  }
  return !run.failed;
}

bool
proxy_on_configure(uint32_t context_id, size_t size)
{
  struct run run = run_make(context_id, PHASE_CONFIGURE);
  if (size > 0) {
    proxy_bytes_free(&run.root->configuration);
    proxy_buffer_get(PROXY_BUFFER_PLUGIN_CONFIGURATION, 0, size, &run.root->configuration);
    proxy_bytes_t name = configuration_line(run.root, "name");
    if (name.size > 0) {
      proxy_format(run.root->name, NAME_SIZE, "%.*s", PROXY_VIEW_ARGUMENTS(name));
    }
    proxy_bytes_free(&name);
  }
  run_phase(&run);
  return !run.failed;
}

void
proxy_on_tick(uint32_t context_id)
{
  resume_due();
  proxy_set_effective_context(context_id);
  struct run run = run_make(context_id, PHASE_TICK);
  run_phase(&run);
}

proxy_action_t
proxy_on_request_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  struct run run    = run_make(context_id, PHASE_REQUEST);
  run.header_count  = header_count;
  run.end_of_stream = end_of_stream;
  run_phase(&run);
  return run.action;
}

proxy_action_t
proxy_on_response_headers(uint32_t context_id, size_t header_count, bool end_of_stream)
{
  struct run run    = run_make(context_id, PHASE_RESPONSE);
  run.header_count  = header_count;
  run.end_of_stream = end_of_stream;
  run_phase(&run);
  show_notes(&run);
  return run.action;
}

bool
proxy_on_done(uint32_t context_id)
{
  struct run run = run_make(context_id, PHASE_DONE);
  run_phase(&run);
  return !run.failed;
}

void
proxy_on_log(uint32_t context_id)
{
  struct run run = run_make(context_id, PHASE_LOG);
  run_phase(&run);
}

void
proxy_on_delete(uint32_t context_id)
{
  struct run run = run_make(context_id, PHASE_DELETE);
  run_phase(&run);
  proxy_bytes_free(&run.context->configuration);
  proxy_context_free(context_id);
}
