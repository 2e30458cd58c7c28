/* SPDX-License-Identifier: Apache-2.0 */
/* One transaction of the simulated proxy: its steps, its pauses, its local reply. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/simulator/simulator_internal.h"

/** How far a direction has come: what CONTINUE lets go. */
enum phase { NOTHING, HEADERS, BODY, TRAILERS };

static const char *const request_phases[]  = {"idle", "request_headers", "request_body", "request_trailers"};
static const char *const response_phases[] = {"idle", "response_headers", "response_body", "response_trailers"};

const char *
pw_next_name(enum pw_next next)
{
  static const char *const names[] = {"continue", "pause", "reply", "close", "fail"};
  return (size_t)next < sizeof(names) / sizeof(names[0]) ? names[next] : "unknown";
}

/* -------------------------------------------------------------------------------------------------- making, ending */

struct pw_transaction *
pw_transaction_new(struct pw_simulator *simulator, struct pw_error *error)
{
  if (simulator->stopped) {
    pw_error_set(error, PW_ERROR_ARGUMENT, "the simulator was stopped");
    return NULL;
  }
  struct pw_transaction *transaction = calloc(1, sizeof(*transaction));
  if (transaction == NULL || !pw_simulator_chain(simulator, error)) {
    free(transaction);
    pw_error_set(error, PW_ERROR_MEMORY, "no memory for a transaction");
    return NULL;
  }
  transaction->simulator  = simulator;
  transaction->time_begin = pw_simulator_time(simulator);
  transaction->id         = ++simulator->transaction_count;
  transaction->link       = simulator->transactions;
  simulator->transactions = transaction;
  simulator->phase        = "create";
  transaction->stream     = pw_stream_new(simulator->chain, transaction);
  if (transaction->stream == NULL) {
    pw_transaction_delete(transaction);
    pw_error_set(error, PW_ERROR_MEMORY, "no memory for a stream");
    return NULL;
  }
  pw_simulator_drain(simulator);
  return transaction;
}

void
pw_transaction_end(struct pw_transaction *transaction)
{
  struct pw_stream *stream = transaction->stream;
  if (stream == NULL) {
    return;
  }
  transaction->simulator->phase = "end";
  transaction->resume_wanted    = 0;
  pw_stream_end(stream);
  pw_chain_tell_dropped_lines(transaction->simulator->chain);
  transaction->stream = NULL;
  pw_simulator_drain(transaction->simulator);
}

void
pw_transaction_delete(struct pw_transaction *transaction)
{
  if (transaction == NULL) {
    return;
  }
  pw_transaction_end(transaction);
  struct pw_transaction **at = &transaction->simulator->transactions;
  while (*at != transaction) {
    at = &(*at)->link;
  }
  *at = transaction->link;
  for (size_t i = 0; i < PW_MAP_STREAM_COUNT; i++) {
    pw_fields_clear(&transaction->maps[i]);
  }
  for (size_t i = 0; i < PW_STREAM_TYPE_COUNT; i++) {
    pw_bytes_clear(&transaction->out[i]);
  }
  pw_bytes_clear(&transaction->reply.details);
  pw_bytes_clear(&transaction->reply.body);
  pw_fields_clear(&transaction->reply.headers);
  pw_fields_clear(&transaction->properties);
  free(transaction);
}

/* ----------------------------------------------------------------------------------------------------------- steps */

static bool
is_http(enum pw_stream_type type)
{
  return type == PW_STREAM_HTTP_REQUEST || type == PW_STREAM_HTTP_RESPONSE;
}

static enum pw_map_type
headers_of(enum pw_stream_type type)
{
  return type == PW_STREAM_HTTP_REQUEST ? PW_MAP_HTTP_REQUEST_HEADERS : PW_MAP_HTTP_RESPONSE_HEADERS;
}

static enum pw_map_type
trailers_of(enum pw_stream_type type)
{
  return type == PW_STREAM_HTTP_REQUEST ? PW_MAP_HTTP_REQUEST_TRAILERS : PW_MAP_HTTP_RESPONSE_TRAILERS;
}

static void
seal(struct pw_transaction *transaction, enum pw_map_type map)
{
  if (transaction->map_states[map] == PW_MAP_OPEN) {
    transaction->map_states[map] = PW_MAP_SENT;
  }
}

/* Notes how a direction stands. What has gone on its way cannot be changed any more. */
static void
note_next(struct pw_transaction *transaction, enum pw_stream_type type, enum pw_next next)
{
  transaction->next[type] = next;
  if (!is_http(type) || next == PW_NEXT_PAUSE) {
    return;
  }
  if (pw_next_is_final(next) || pw_stream_headers_passed(transaction->stream, type)) {
    seal(transaction, headers_of(type));
  }
  if (transaction->map_states[trailers_of(type)] == PW_MAP_OPEN && transaction->maps[trailers_of(type)].count == 0) {
    /* It was opened only so that modules could add some. */
    transaction->map_states[trailers_of(type)] = PW_MAP_ABSENT;
  }
  seal(transaction, trailers_of(type));
  transaction->out_ended[type] |= transaction->map_states[trailers_of(type)] == PW_MAP_SENT;
  if (type == PW_STREAM_HTTP_REQUEST && pw_next_is_final(next)) {
    transaction->next[PW_STREAM_HTTP_RESPONSE] = next;
  }
}

static enum pw_next
settle(struct pw_transaction *transaction, enum pw_stream_type type, enum pw_next next)
{
  note_next(transaction, type, next);
  pw_simulator_drain(transaction->simulator);
  return transaction->next[type];
}

/* Whether a step may be done; if so, this is the phase now. */
static bool
begin(struct pw_transaction *transaction, enum pw_stream_type type, enum phase phase)
{
  if (transaction->stream == NULL || pw_next_is_final(transaction->next[type])) {
    return false;
  }
  if (is_http(type)) {
    transaction->phase_reached[type] = (uint8_t)phase;
    transaction->simulator->phase    = type == PW_STREAM_HTTP_REQUEST ? request_phases[phase] : response_phases[phase];
  } else {
    transaction->simulator->phase = type == PW_STREAM_DOWNSTREAM ? "downstream_data" : "upstream_data";
  }
  return true;
}

static bool
open_map(struct pw_transaction *transaction, enum pw_map_type map, const struct pw_fields *fields)
{
  static const struct pw_fields none = {0};
  transaction->map_states[map]       = PW_MAP_OPEN;
  if (pw_fields_copy(&transaction->maps[map], fields ? fields : &none)) {
    return true;
  }
  pw_simulator_note(transaction->simulator, NULL, PW_LOG_CRITICAL, pw_view_of("no memory for fields"));
  return false;
}

static enum pw_next
headers_step(struct pw_transaction *transaction, enum pw_stream_type type, const struct pw_fields *headers,
             bool end_of_stream)
{
  if (!begin(transaction, type, HEADERS)) {
    return transaction->next[type];
  }
  if (!open_map(transaction, headers_of(type), headers)) {
    return settle(transaction, type, PW_NEXT_FAIL);
  }
  enum pw_next next = type == PW_STREAM_HTTP_REQUEST ? pw_stream_request_headers(transaction->stream, end_of_stream)
                                                     : pw_stream_response_headers(transaction->stream, end_of_stream);
  transaction->out_ended[type] |= end_of_stream && next == PW_NEXT_CONTINUE;
  return settle(transaction, type, next);
}

static enum pw_next
body_step(struct pw_transaction *transaction, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  if (!begin(transaction, type, BODY)) {
    return transaction->next[type];
  }
  transaction->body_in[type] += piece.size;
  if (end_of_stream && !open_map(transaction, trailers_of(type), NULL)) {
    return settle(transaction, type, PW_NEXT_FAIL);
  }
  return settle(transaction, type,
                type == PW_STREAM_HTTP_REQUEST ? pw_stream_request_body(transaction->stream, piece, end_of_stream)
                                               : pw_stream_response_body(transaction->stream, piece, end_of_stream));
}

static enum pw_next
trailers_step(struct pw_transaction *transaction, enum pw_stream_type type, const struct pw_fields *trailers)
{
  if (!begin(transaction, type, TRAILERS)) {
    return transaction->next[type];
  }
  if (!open_map(transaction, trailers_of(type), trailers)) {
    return settle(transaction, type, PW_NEXT_FAIL);
  }
  return settle(transaction, type,
                type == PW_STREAM_HTTP_REQUEST ? pw_stream_request_trailers(transaction->stream)
                                               : pw_stream_response_trailers(transaction->stream));
}

enum pw_next
pw_transaction_request_headers(struct pw_transaction *transaction, const struct pw_fields *headers, bool end_of_stream)
{
  return headers_step(transaction, PW_STREAM_HTTP_REQUEST, headers, end_of_stream);
}

enum pw_next
pw_transaction_request_body(struct pw_transaction *transaction, struct pw_view piece, bool end_of_stream)
{
  return body_step(transaction, PW_STREAM_HTTP_REQUEST, piece, end_of_stream);
}

enum pw_next
pw_transaction_request_trailers(struct pw_transaction *transaction, const struct pw_fields *trailers)
{
  return trailers_step(transaction, PW_STREAM_HTTP_REQUEST, trailers);
}

/* Metadata goes beside the direction that it is of: it neither holds it up nor lets it go. */
static enum pw_next
metadata_step(struct pw_transaction *transaction, enum pw_stream_type type, size_t count)
{
  bool request = type == PW_STREAM_HTTP_REQUEST;
  if (transaction->stream == NULL || pw_next_is_final(transaction->next[type])) {
    return transaction->next[type];
  }
  transaction->simulator->phase = request ? "request_metadata" : "response_metadata";
  enum pw_next next             = request ? pw_stream_request_metadata(transaction->stream, count)
                                          : pw_stream_response_metadata(transaction->stream, count);
  return settle(transaction, type, pw_next_is_final(next) ? next : transaction->next[type]);
}

enum pw_next
pw_transaction_request_metadata(struct pw_transaction *transaction, size_t count)
{
  return metadata_step(transaction, PW_STREAM_HTTP_REQUEST, count);
}

enum pw_next
pw_transaction_response_headers(struct pw_transaction *transaction, const struct pw_fields *headers, bool end_of_stream)
{
  return headers_step(transaction, PW_STREAM_HTTP_RESPONSE, headers, end_of_stream);
}

enum pw_next
pw_transaction_response_body(struct pw_transaction *transaction, struct pw_view piece, bool end_of_stream)
{
  return body_step(transaction, PW_STREAM_HTTP_RESPONSE, piece, end_of_stream);
}

enum pw_next
pw_transaction_response_trailers(struct pw_transaction *transaction, const struct pw_fields *trailers)
{
  return trailers_step(transaction, PW_STREAM_HTTP_RESPONSE, trailers);
}

enum pw_next
pw_transaction_response_metadata(struct pw_transaction *transaction, size_t count)
{
  return metadata_step(transaction, PW_STREAM_HTTP_RESPONSE, count);
}

enum pw_next
pw_transaction_new_connection(struct pw_transaction *transaction)
{
  if (transaction->stream == NULL) {
    return transaction->next[PW_STREAM_DOWNSTREAM];
  }
  transaction->simulator->phase = "new_connection";
  return settle(transaction, PW_STREAM_DOWNSTREAM, pw_stream_new_connection(transaction->stream));
}

enum pw_next
pw_transaction_data(struct pw_transaction *transaction, enum pw_stream_type type, struct pw_view piece,
                    bool end_of_stream)
{
  if (!begin(transaction, type, BODY)) {
    return transaction->next[type];
  }
  transaction->body_in[type] += piece.size;
  return settle(transaction, type, pw_stream_data(transaction->stream, type, piece, end_of_stream));
}

void
pw_transaction_connection_close(struct pw_transaction *transaction, enum pw_stream_type type, enum pw_peer_type peer)
{
  if (transaction->stream != NULL) {
    transaction->simulator->phase = "connection_close";
    pw_stream_connection_close(transaction->stream, type, peer);
    pw_simulator_drain(transaction->simulator);
  }
}

/* ------------------------------------------------------------------------------------------------------ pauses */

bool
pw_transaction_resume_wanted(struct pw_transaction *transaction)
{
  if (transaction->stream == NULL || transaction->resume_wanted == 0) {
    return false;
  }
  unsigned type = 0;
  while (((transaction->resume_wanted >> type) & 1u) == 0) {
    type++;
  }
  transaction->resume_wanted &= (uint8_t) ~(1u << type);
  enum pw_next next = pw_stream_resume(transaction->stream, (enum pw_stream_type)type);
  if (pw_next_is_final(next) || !pw_next_is_final(transaction->next[type])) {
    note_next(transaction, (enum pw_stream_type)type, next);
  }
  return true;
}

enum pw_next
pw_transaction_wait(struct pw_transaction *transaction, enum pw_stream_type type, uint32_t limit_milliseconds)
{
  struct pw_simulator *simulator = transaction->simulator;
  uint64_t             end       = simulator->now + (uint64_t)limit_milliseconds * 1000000;
  uint64_t             time;
  while (transaction->stream != NULL && transaction->next[type] == PW_NEXT_PAUSE) {
    if (!pw_simulator_next_event(simulator, &time) || time > end) {
      break;
    }
    simulator->now = time > simulator->now ? time : simulator->now;
    if (!pw_simulator_drain(simulator)) {
      break;
    }
  }
  return transaction->next[type];
}

/* ------------------------------------------------------------------------------------------------------ whole ones */

/* One direction, from its headers to its end, with the waits that modules need. */
static enum pw_next
run_direction(struct pw_transaction *transaction, enum pw_stream_type type, const struct pw_fields *headers,
              struct pw_view body, const struct pw_fields *trailers, size_t metadata, const struct pw_script *script)
{
  bool     has_trailers = trailers != NULL && trailers->count > 0;
  size_t   chunk        = script->chunk_size > 0 ? script->chunk_size : body.size;
  uint32_t limit        = script->wait_milliseconds > 0 ? script->wait_milliseconds : PW_DEFAULT_WAIT_MILLISECONDS;

  enum pw_next next = headers_step(transaction, type, headers, body.size == 0 && !has_trailers);
  if (metadata > 0) {
    next = metadata_step(transaction, type, metadata);
  }
  for (size_t at = 0; at < body.size && !pw_next_is_final(next); at += chunk) {
    size_t size = body.size - at < chunk ? body.size - at : chunk;
    next = body_step(transaction, type, pw_view_make(body.data + at, size), at + size == body.size && !has_trailers);
    if (size < chunk) {
      break;
    }
  }
  if (has_trailers && !pw_next_is_final(next)) {
    trailers_step(transaction, type, trailers);
  }
  return pw_transaction_wait(transaction, type, limit);
}

void
pw_transaction_run(struct pw_transaction *transaction, const struct pw_script *script)
{
  enum pw_next next = run_direction(transaction, PW_STREAM_HTTP_REQUEST, script->request_headers, script->request_body,
                                    script->request_trailers, script->request_metadata, script);
  if (next == PW_NEXT_CONTINUE && script->response_headers != NULL) {
    next = run_direction(transaction, PW_STREAM_HTTP_RESPONSE, script->response_headers, script->response_body,
                         script->response_trailers, script->response_metadata, script);
  }
  if (next == PW_NEXT_REPLY || next == PW_NEXT_FAIL) {
    pw_transaction_send_reply(transaction);
    pw_transaction_wait(transaction, PW_STREAM_HTTP_RESPONSE,
                        script->wait_milliseconds > 0 ? script->wait_milliseconds : PW_DEFAULT_WAIT_MILLISECONDS);
  }
  pw_transaction_end(transaction);
}
