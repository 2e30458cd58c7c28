/* SPDX-License-Identifier: Apache-2.0 */
/* The answer that does not come from the upstream: a module's local reply, or the 503 in the place of a broken plugin.
 */
#include <stdio.h>

#include "cli/simulator/simulator_internal.h"

#include "host/grpc_reply.h"

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

/* A reply as it is sent, which is not as the module gave it. */
struct outgoing {
  struct pw_fields headers;
  struct pw_bytes  body;
};

static void
outgoing_clear(struct outgoing *out)
{
  pw_fields_clear(&out->headers);
  pw_bytes_clear(&out->body);
}

/* The headers of a local reply, as the Traffic Server plugin sends them. */
static bool
reply_headers(const struct pw_local_reply *reply, struct pw_fields *headers)
{
  char number[24];
  bool typed = false;
  snprintf(number, sizeof(number), "%u", (unsigned)reply->status);
  bool done = add_text(headers, ":status", number);
  for (size_t i = 0; done && i < reply->headers->count; i++) {
    const struct pw_pair *field = &reply->headers->items[i];
    typed                       = typed || pw_field_name_equal(field->key, pw_view_of("content-type"));
    done                        = is_proxys_own(field->key) || pw_fields_add(headers, field->key, field->value);
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

static bool
is_grpc(const struct pw_transaction *transaction)
{
  return pw_grpc_is_content_type(pw_fields_value(&transaction->maps[PW_MAP_HTTP_REQUEST_HEADERS], "content-type"));
}

/* False: memory is out. To be cleared in any case. */
static bool
outgoing_make(const struct pw_transaction *transaction, struct outgoing *out)
{
  const struct pw_reply *given   = &transaction->reply;
  struct pw_pairs        headers = {0};
  struct pw_grpc_reply   grpc    = {0};
  struct pw_local_reply  reply   = {.status      = given->status,
                                    .body        = pw_bytes_view(&given->body),
                                    .headers     = &headers,
                                    .grpc_status = given->grpc_status};

  *out      = (struct outgoing){0};
  bool done = pw_fields_pairs(&given->headers, &headers);
  if (done && given->given && is_grpc(transaction)) {
    done  = pw_grpc_reply_make(&grpc, &reply);
    reply = grpc.reply;
  }
  done = done && reply_headers(&reply, &out->headers) && pw_simulator_copy_bytes(&out->body, reply.body);
  pw_grpc_reply_clear(&grpc);
  pw_pairs_clear(&headers);
  return done;
}

/* Past the modules: they are broken, or have seen the headers of a response already. */
static void
reply_directly(struct pw_transaction *transaction, struct outgoing *out)
{
  enum pw_stream_type type = PW_STREAM_HTTP_RESPONSE;
  pw_fields_clear(&transaction->maps[PW_MAP_HTTP_RESPONSE_HEADERS]);
  pw_fields_clear(&transaction->maps[PW_MAP_HTTP_RESPONSE_TRAILERS]);
  transaction->maps[PW_MAP_HTTP_RESPONSE_HEADERS]        = out->headers;
  out->headers                                           = (struct pw_fields){0};
  transaction->map_states[PW_MAP_HTTP_RESPONSE_HEADERS]  = PW_MAP_SENT;
  transaction->map_states[PW_MAP_HTTP_RESPONSE_TRAILERS] = PW_MAP_ABSENT;
  pw_bytes_clear(&transaction->out[type]);
  if (!pw_simulator_copy_bytes(&transaction->out[type], pw_bytes_view(&out->body))) {
    pw_simulator_note(transaction->simulator, NULL, PW_LOG_CRITICAL, pw_view_of("no memory for the reply's body"));
  }
  transaction->out_ended[type] = true;
  transaction->next[type]      = PW_NEXT_CONTINUE;
}

/* Through the response callbacks. false: a module wants yet another reply, or is broken. */
static bool
reply_through_modules(struct pw_transaction *transaction, const struct outgoing *out)
{
  transaction->next[PW_STREAM_HTTP_RESPONSE] = PW_NEXT_CONTINUE;
  enum pw_next next = pw_transaction_response_headers(transaction, &out->headers, out->body.size == 0);
  if (!pw_next_is_final(next) && out->body.size > 0) {
    next = pw_transaction_response_body(transaction, pw_bytes_view(&out->body), true);
  }
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

/* What the modules said, or did, last counts: they may have asked for another reply while this one was on its way. */
static bool
outgoing_make_anew(struct pw_transaction *transaction, struct outgoing *out)
{
  if (transaction->next[PW_STREAM_HTTP_RESPONSE] == PW_NEXT_FAIL) {
    refuse(&transaction->reply);
  }
  outgoing_clear(out);
  return outgoing_make(transaction, out);
}

enum pw_next
pw_transaction_send_reply(struct pw_transaction *transaction)
{
  enum pw_stream_type type = PW_STREAM_HTTP_RESPONSE;
  struct outgoing     out;
  transaction->reply_sent = true;
  if (transaction->next[type] == PW_NEXT_FAIL) {
    refuse(&transaction->reply);
  }
  bool made    = outgoing_make(transaction, &out);
  bool through = transaction->phase_reached[type] == 0 && transaction->next[type] == PW_NEXT_REPLY;
  if (made && (!through || !reply_through_modules(transaction, &out))) {
    made = !through || outgoing_make_anew(transaction, &out);
    if (made) {
      reply_directly(transaction, &out);
    }
  }
  outgoing_clear(&out);
  return made ? transaction->next[type] : PW_NEXT_FAIL;
}
