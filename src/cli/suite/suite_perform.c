/* SPDX-License-Identifier: Apache-2.0 */
/* What a step brings, handed to the simulated proxy. */
#include "cli/suite/suite_perform.h"

#include "cli/suite/suite_input.h"

#define WAIT_MILLISECONDS 60000

static enum pw_next
give(struct pw_transaction *transaction, enum pw_stream_type type, struct pw_view piece, bool end_of_stream)
{
  switch (type) {
  case PW_STREAM_HTTP_REQUEST:
    return pw_transaction_request_body(transaction, piece, end_of_stream);
  case PW_STREAM_HTTP_RESPONSE:
    return pw_transaction_response_body(transaction, piece, end_of_stream);
  default:
    return pw_transaction_data(transaction, type, piece, end_of_stream);
  }
}

/* The size of each piece but the last. */
static size_t
piece_size(const struct pw_suite_test *test, size_t size)
{
  uint64_t piece = test->num_chunks_given ? size / test->num_chunks : test->chunk_size;
  return piece == 0 ? 1 : piece < size ? (size_t)piece : size;
}

static enum pw_next
give_pieces(const struct pw_suite_test *test, struct pw_transaction *transaction, enum pw_stream_type type,
            struct pw_view body, bool end_of_stream)
{
  size_t       size = piece_size(test, body.size), at = 0;
  enum pw_next next = PW_NEXT_CONTINUE;
  for (uint64_t given = 1;; given++) {
    bool   last = at + size >= body.size || (test->num_chunks_given && given == test->num_chunks);
    size_t now  = last ? body.size - at : size;
    next        = give(transaction, type, pw_view_make(body.data ? body.data + at : NULL, now), last && end_of_stream);
    at += now;
    if (last) {
      return next;
    }
  }
}

static bool
do_body(const struct pw_suite_stage *stage, const struct pw_suite_step *step, struct pw_transaction *transaction,
        enum pw_stream_type type, struct pw_error *error)
{
  struct pw_bytes body = {0};
  bool            read = pw_suite_input_body(stage->suite, &step->action.input, &body, error);
  if (read && step->chunked) {
    give_pieces(stage->test, transaction, type, pw_bytes_view(&body), step->action.input.end_of_stream);
  } else if (read) {
    give(transaction, type, pw_bytes_view(&body), step->action.input.end_of_stream);
  }
  pw_bytes_clear(&body);
  return read;
}

static bool
do_headers(const struct pw_suite_stage *stage, const struct pw_suite_step *step, struct pw_transaction *transaction,
           enum pw_stream_type type, struct pw_error *error)
{
  const struct pw_suite_input *input   = &step->action.input;
  bool                         request = type == PW_STREAM_HTTP_REQUEST;
  struct pw_fields             fields  = {0};
  bool                         read =
    pw_suite_input_headers(stage->suite, input, request ? PW_HTTP_REQUEST : PW_HTTP_RESPONSE, &fields, NULL, error);
  if (read) {
    (request ? pw_transaction_request_headers : pw_transaction_response_headers)(transaction, &fields,
                                                                                 input->end_of_stream);
  }
  pw_fields_clear(&fields);
  return read;
}

static bool
do_trailers(const struct pw_suite_stage *stage, const struct pw_suite_step *step, struct pw_transaction *transaction,
            enum pw_stream_type type, struct pw_error *error)
{
  struct pw_fields fields = {0};
  bool             read   = pw_suite_input_trailers(stage->suite, &step->action.input, &fields, error);
  if (read) {
    (type == PW_STREAM_HTTP_REQUEST ? pw_transaction_request_trailers : pw_transaction_response_trailers)(transaction,
                                                                                                          &fields);
  }
  pw_fields_clear(&fields);
  return read;
}

/* The direction that a step belongs to. */
enum pw_stream_type
pw_suite_direction(const struct pw_suite_step *step)
{
  switch (step->kind) {
  case PW_SUITE_RESPONSE_HEADERS:
  case PW_SUITE_RESPONSE_BODY:
  case PW_SUITE_RESPONSE_TRAILERS:
  case PW_SUITE_RESPONSE_METADATA:
  case PW_SUITE_REPLY:
    return PW_STREAM_HTTP_RESPONSE;
  case PW_SUITE_NEW_CONNECTION:
  case PW_SUITE_DOWNSTREAM_DATA:
  case PW_SUITE_DOWNSTREAM_CLOSE:
    return PW_STREAM_DOWNSTREAM;
  case PW_SUITE_UPSTREAM_DATA:
  case PW_SUITE_UPSTREAM_CLOSE:
    return PW_STREAM_UPSTREAM;
  case PW_SUITE_ADVANCE:
  case PW_SUITE_WAIT:
    return (enum pw_stream_type)step->action.direction;
  default:
    return PW_STREAM_HTTP_REQUEST;
  }
}

static bool
call_foreign_function(const struct pw_suite_stage *stage, const struct pw_suite_action *action,
                      struct pw_observation *observation, struct pw_error *error)
{
  struct pw_instance *instance = pw_simulator_instance(stage->simulator, action->plugin > 0 ? action->plugin - 1 : 0);
  if (!instance) {
    return pw_error_set(error, PW_ERROR_ARGUMENT, "there is no plugin %u", (unsigned)action->plugin);
  }
  observation->status     = pw_instance_foreign_function(instance, action->id, action->arguments);
  observation->has_status = true;
  pw_simulator_drain(stage->simulator);
  return true;
}

bool
pw_suite_perform(const struct pw_suite_stage *stage, const struct pw_suite_step *step,
                 struct pw_transaction *transaction, struct pw_observation *observation, struct pw_error *error)
{
  const struct pw_suite_action *action = &step->action;
  enum pw_stream_type           type   = pw_suite_direction(step);
  switch (step->kind) {
  case PW_SUITE_REQUEST_HEADERS:
  case PW_SUITE_RESPONSE_HEADERS:
    return do_headers(stage, step, transaction, type, error);
  case PW_SUITE_REQUEST_BODY:
  case PW_SUITE_RESPONSE_BODY:
  case PW_SUITE_DOWNSTREAM_DATA:
  case PW_SUITE_UPSTREAM_DATA:
    return do_body(stage, step, transaction, type, error);
  case PW_SUITE_REQUEST_TRAILERS:
  case PW_SUITE_RESPONSE_TRAILERS:
    return do_trailers(stage, step, transaction, type, error);
  case PW_SUITE_REQUEST_METADATA:
    pw_transaction_request_metadata(transaction, action->count);
    return true;
  case PW_SUITE_RESPONSE_METADATA:
    pw_transaction_response_metadata(transaction, action->count);
    return true;
  case PW_SUITE_ADVANCE:
    pw_simulator_advance(stage->simulator, (uint64_t)action->by * 1000000);
    return true;
  case PW_SUITE_WAIT:
    pw_transaction_wait(transaction, type, action->limit ? action->limit : WAIT_MILLISECONDS);
    return true;
  case PW_SUITE_REPLY:
    pw_transaction_send_reply(transaction);
    return true;
  case PW_SUITE_END:
    pw_transaction_end(transaction);
    return true;
  case PW_SUITE_NEW_CONNECTION:
    pw_transaction_new_connection(transaction);
    return true;
  case PW_SUITE_DOWNSTREAM_CLOSE:
  case PW_SUITE_UPSTREAM_CLOSE:
    pw_transaction_connection_close(transaction, type, (enum pw_peer_type)action->peer);
    return true;
  case PW_SUITE_FOREIGN_FUNCTION:
    return call_foreign_function(stage, action, observation, error);
  default:
    return true;
  }
}
