/* SPDX-License-Identifier: Apache-2.0 */
/* The answer that does not come from the upstream: a module's local reply, or the 503 in the place of a broken plugin.
 */
#include <stdio.h>

#include "cli/simulator/simulator_internal.h"

/* Fields about the connection and the body's end are the proxy's own. */
static bool
is_proxys_own(struct pw_view name)
{
  static const char *const names[] = {"content-length",   "transfer-encoding", "connection", "keep-alive",
                                      "proxy-connection", "trailer",           "te",         "upgrade"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (pw_field_name_equal(name, pw_view_of(names[i]))) {
      return true;
    }
  }
  return name.size == 0 || name.data[0] == ':';
}

static bool
add_text(struct pw_fields *fields, const char *name, const char *value)
{
  return pw_fields_add(fields, pw_view_of(name), pw_view_of(value));
}

/* The headers of a local reply, as the Traffic Server plugin sends them. */
static bool
reply_headers(const struct pw_reply *reply, struct pw_fields *headers)
{
  char number[24];
  bool typed = pw_fields_find(&reply->headers, pw_view_of("content-type")) != NULL;
  snprintf(number, sizeof(number), "%u", (unsigned)reply->status);
  bool done = add_text(headers, ":status", number);
  for (size_t i = 0; done && i < reply->headers.count; i++) {
    const struct pw_field *field = &reply->headers.items[i];
    done                         = is_proxys_own(field->name) || pw_fields_add(headers, field->name, field->value);
  }
  if (done && reply->given && reply->grpc_status >= 0) {
    snprintf(number, sizeof(number), "%d", (int)reply->grpc_status);
    done = add_text(headers, "grpc-status", number);
  }
  if (done && !typed && reply->body.size > 0) {
    done = add_text(headers, "content-type", "text/plain");
  }
  if (done && reply->status != 204 && reply->status != 304) {
    snprintf(number, sizeof(number), "%zu", reply->body.size);
    done = add_text(headers, "content-length", number);
  }
  return done;
}

/* Past the modules: they are broken, or have seen the headers of a response already. */
static void
reply_directly(struct pw_transaction *transaction, struct pw_fields *headers)
{
  enum pw_stream_type type = PW_STREAM_HTTP_RESPONSE;
  pw_fields_clear(&transaction->maps[PW_MAP_HTTP_RESPONSE_HEADERS]);
  pw_fields_clear(&transaction->maps[PW_MAP_HTTP_RESPONSE_TRAILERS]);
  transaction->maps[PW_MAP_HTTP_RESPONSE_HEADERS]        = *headers;
  *headers                                               = (struct pw_fields){0};
  transaction->map_states[PW_MAP_HTTP_RESPONSE_HEADERS]  = PW_MAP_SENT;
  transaction->map_states[PW_MAP_HTTP_RESPONSE_TRAILERS] = PW_MAP_ABSENT;
  pw_bytes_clear(&transaction->out[type]);
  if (!pw_simulator_copy_bytes(&transaction->out[type], pw_bytes_view(&transaction->reply.body))) {
    pw_simulator_note(transaction->simulator, NULL, PW_LOG_CRITICAL, pw_view_of("no memory for the reply's body"));
  }
  transaction->out_ended[type] = true;
  transaction->next[type]      = PW_NEXT_CONTINUE;
}

/* Through the response callbacks. false: a module wants yet another reply, or is broken. */
static bool
reply_through_modules(struct pw_transaction *transaction, const struct pw_fields *headers)
{
  enum pw_stream_type type = PW_STREAM_HTTP_RESPONSE;
  struct pw_bytes     body = {0};
  /* A module may ask for another reply while this one is on its way. */
  if (!pw_simulator_copy_bytes(&body, pw_bytes_view(&transaction->reply.body))) {
    return false;
  }
  transaction->next[type] = PW_NEXT_CONTINUE;
  enum pw_next next       = pw_transaction_response_headers(transaction, headers, body.size == 0);
  if (!pw_next_is_final(next) && body.size > 0) {
    next = pw_transaction_response_body(transaction, pw_bytes_view(&body), true);
  }
  pw_bytes_clear(&body);
  return !pw_next_is_final(next);
}

/* What is sent in the place of a broken plugin that fails closed. */
static void
refuse(struct pw_reply *reply)
{
  reply->given  = false;
  reply->status = 503;
  pw_fields_clear(&reply->headers);
  pw_bytes_clear(&reply->body);
  /* Without memory for the text, the status has to do. */
  (void)pw_simulator_copy_bytes(&reply->body, pw_view_of("A filter of this service is out of order.\n"));
}

enum pw_next
pw_transaction_send_reply(struct pw_transaction *transaction)
{
  enum pw_stream_type type    = PW_STREAM_HTTP_RESPONSE;
  struct pw_fields    headers = {0};
  transaction->reply_sent     = true;
  if (transaction->next[type] == PW_NEXT_FAIL) {
    refuse(&transaction->reply);
  }
  if (!reply_headers(&transaction->reply, &headers)) {
    pw_fields_clear(&headers);
    return PW_NEXT_FAIL;
  }
  bool through = transaction->phase_reached[type] == 0 && transaction->next[type] == PW_NEXT_REPLY;
  if (!through || !reply_through_modules(transaction, &headers)) {
    if (through) {
      /* What the modules said, or did, last counts. */
      if (transaction->next[type] == PW_NEXT_FAIL) {
        refuse(&transaction->reply);
      }
      pw_fields_clear(&headers);
      if (!reply_headers(&transaction->reply, &headers)) {
        pw_fields_clear(&headers);
        return PW_NEXT_FAIL;
      }
    }
    reply_directly(transaction, &headers);
  }
  pw_fields_clear(&headers);
  return transaction->next[type];
}
