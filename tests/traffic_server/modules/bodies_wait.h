/* SPDX-License-Identifier: Apache-2.0 */
/* Directions that wait: for a time, or for a call; part of bodies.c. */
#ifndef BODIES_WAIT_H
#define BODIES_WAIT_H

#include "bodies_script.h"

#define WAITING_MAX 8192

static struct {
  uint32_t            context_id; /* 0: free */
  uint32_t            call_id;    /* 0: waits for a time */
  proxy_stream_type_t stream;
  uint64_t            when;
} waiting[WAITING_MAX];

static void
remember(const struct context *context, proxy_stream_type_t stream, uint32_t call_id, uint64_t when)
{
  for (size_t i = 0; i < WAITING_MAX; i++) {
    if (waiting[i].context_id == 0) {
      waiting[i].context_id = context->id;
      waiting[i].call_id    = call_id;
      waiting[i].stream     = stream;
      waiting[i].when       = when;
      return;
    }
  }
}

static void
forget(uint32_t context_id)
{
  for (size_t i = 0; i < WAITING_MAX; i++) {
    if (waiting[i].context_id == context_id) {
      waiting[i].context_id = 0;
    }
  }
}

proxy_action_t
wait_some_time(struct context *context, proxy_stream_type_t stream, uint64_t milliseconds)
{
  remember(context, stream, 0, proxy_time_nanoseconds() + milliseconds * 1000000);
  context->directions[stream].waits = true;
  proxy_set_effective_context(context->root_id);
  proxy_set_tick_period_milliseconds(10);
  proxy_set_effective_context(context->id);
  return PROXY_ACTION_PAUSE;
}

/* The context of a direction that waited, in effect; NULL when it has gone. */
static struct context *
wake(size_t i)
{
  struct context *context = proxy_context_get(waiting[i].context_id);
  waiting[i].context_id   = 0;
  if (!context || proxy_set_effective_context(context->id) != PROXY_STATUS_OK) {
    return NULL;
  }
  context->directions[waiting[i].stream].waits = false;
  /* What was held goes on without another callback. */
  context->directions[waiting[i].stream].left = 0;
  return context;
}

void
proxy_on_tick(uint32_t context_id)
{
  uint64_t now = proxy_time_nanoseconds();
  (void)context_id;
  for (size_t i = 0; i < WAITING_MAX; i++) {
    if (waiting[i].context_id != 0 && waiting[i].call_id == 0 && waiting[i].when <= now && wake(i)) {
      proxy_continue_stream(waiting[i].stream);
    }
  }
}

/* call=UPSTREAM,PATH,MS[,T] */
proxy_action_t
wait_for_call(struct context *context, proxy_stream_type_t stream)
{
  char     upstream[SCRIPT_SIZE];
  uint32_t call_id = 0;
  word(&context->directions[stream], "call", upstream);
  char        *path      = cut(upstream, ',');
  char        *timeout   = cut(path, ',');
  char        *body      = cut(timeout, ',');
  proxy_pair_t headers[] = {{proxy_view(":method"), proxy_view(*body ? "POST" : "GET")},
                            {proxy_view(":authority"), proxy_view("callee.test")},
                            {proxy_view(":path"), proxy_view(path)}};
  uint64_t     duration  = 0;
  proxy_view_number(proxy_view(timeout), &duration);
  proxy_status_t status = proxy_http_request(upstream, headers, 3, proxy_view(body), (uint32_t)duration, &call_id);
  if (status != PROXY_STATUS_OK) {
    note(context, "call refused %d", (int)status);
    return PROXY_ACTION_CONTINUE;
  }
  remember(context, stream, call_id, 0);
  context->directions[stream].waits = true;
  return PROXY_ACTION_PAUSE;
}

static void
take_answer(struct context *context, proxy_stream_type_t stream, proxy_view_t status, proxy_view_t body)
{
  char text[512];
  proxy_format(text, sizeof text, "%.*s %.*s", PROXY_VIEW_ARGUMENTS(status), PROXY_VIEW_ARGUMENTS(body));
  note(context, "call answered %s", text);
  proxy_header_replace(stream ? PROXY_MAP_HTTP_RESPONSE_HEADERS : PROXY_MAP_HTTP_REQUEST_HEADERS, "x-call", text);
  if (has(&context->directions[stream], "call-append")) {
    proxy_buffer_append(stream ? PROXY_BUFFER_HTTP_RESPONSE_BODY : PROXY_BUFFER_HTTP_REQUEST_BODY, body);
  }
  proxy_continue_stream(stream);
}

void
proxy_on_http_call_response(uint32_t context_id, uint32_t call_id, size_t header_count, size_t body_size,
                            size_t trailer_count)
{
  proxy_bytes_t status = {NULL, 0}, body = {NULL, 0};
  (void)context_id, (void)trailer_count;
  if (header_count > 0) {
    proxy_header_get(PROXY_MAP_HTTP_CALL_RESPONSE_HEADERS, ":status", &status);
    proxy_buffer_get(PROXY_BUFFER_HTTP_CALL_RESPONSE_BODY, 0, body_size, &body);
  }
  for (size_t i = 0; i < WAITING_MAX; i++) {
    if (waiting[i].context_id != 0 && waiting[i].call_id == call_id) {
      struct context *context = wake(i);
      if (context) {
        take_answer(context, waiting[i].stream, status.size ? proxy_bytes_view(status) : proxy_view("failed"),
                    proxy_bytes_view(body));
      }
      break;
    }
  }
  proxy_bytes_free(&status);
  proxy_bytes_free(&body);
}

#endif
