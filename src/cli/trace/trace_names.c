/* SPDX-License-Identifier: Apache-2.0 */
/* Names from the ABI text (section "Types") for the numbers that pass between host and module. */
#include "cli/trace/trace.h"

struct numbers {
  const char        *parameter; /* of a hostcall, as its table calls it */
  const char *const *names;
  size_t             count;
};

static const char *const maps[]    = {"HTTP_REQUEST_HEADERS",       "HTTP_REQUEST_TRAILERS",
                                      "HTTP_RESPONSE_HEADERS",      "HTTP_RESPONSE_TRAILERS",
                                      "GRPC_CALL_INITIAL_METADATA", "GRPC_CALL_TRAILING_METADATA",
                                      "HTTP_CALL_RESPONSE_HEADERS", "HTTP_CALL_RESPONSE_TRAILERS"};
static const char *const buffers[] = {"HTTP_REQUEST_BODY", "HTTP_RESPONSE_BODY",      "DOWNSTREAM_DATA",
                                      "UPSTREAM_DATA",     "HTTP_CALL_RESPONSE_BODY", "GRPC_CALL_MESSAGE",
                                      "VM_CONFIGURATION",  "PLUGIN_CONFIGURATION",    "FOREIGN_FUNCTION_ARGUMENTS"};
static const char *const streams[] = {"HTTP_REQUEST", "HTTP_RESPONSE", "DOWNSTREAM", "UPSTREAM"};
static const char *const levels[]  = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"};
static const char *const metrics[] = {"COUNTER", "GAUGE", "HISTOGRAM"};
static const char *const peers[]   = {"UNKNOWN", "LOCAL", "REMOTE"};
static const char *const truths[]  = {"false", "true"};
static const char *const clocks[]  = {"REALTIME", "MONOTONIC"};
static const char *const files[]   = {"STDIN", "STDOUT", "STDERR"};

#define NUMBERS(parameter, names)                                                                                      \
  {                                                                                                                    \
    parameter, names, sizeof(names) / sizeof((names)[0])                                                               \
  }

static const struct numbers numbers[] = {
  NUMBERS("map", maps),          NUMBERS("buffer", buffers), NUMBERS("stream", streams),
  NUMBERS("level", levels),      NUMBERS("type", metrics),   NUMBERS("peer_type", peers),
  NUMBERS("clock", clocks),      NUMBERS("fd", files),       NUMBERS("end_of_stream", truths),
  NUMBERS("end_stream", truths),
};

const char *
pw_trace_word(const char *parameter, int64_t number)
{
  for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
    if (strcmp(numbers[i].parameter, parameter) == 0) {
      return number >= 0 && (uint64_t)number < numbers[i].count ? numbers[i].names[number] : NULL;
    }
  }
  return NULL;
}

/** A callback's parameters and result, for readers. */
struct signature {
  const char *name;
  const char *parameters;
  char        result;
};

static const struct signature signatures[] = {
  {"proxy_on_context_create", "context_id parent_context_id", 'v'},
  {"proxy_on_done", "context_id", 'b'},
  {"proxy_on_log", "context_id", 'v'},
  {"proxy_on_delete", "context_id", 'v'},
  {"proxy_on_vm_start", "context_id vm_configuration_size", 'b'},
  {"proxy_validate_configuration", "context_id configuration_size", 'b'},
  {"proxy_on_configure", "context_id plugin_configuration_size", 'b'},
  {"proxy_on_tick", "context_id", 'v'},
  {"proxy_on_new_connection", "context_id", 'a'},
  {"proxy_on_downstream_data", "context_id data_size end_of_stream", 'a'},
  {"proxy_on_downstream_connection_close", "context_id peer_type", 'v'},
  {"proxy_on_upstream_data", "context_id data_size end_of_stream", 'a'},
  {"proxy_on_upstream_connection_close", "context_id peer_type", 'v'},
  {"proxy_on_request_headers", "context_id num_headers end_of_stream", 'a'},
  {"proxy_on_request_body", "context_id body_size end_of_stream", 'a'},
  {"proxy_on_request_trailers", "context_id num_trailers", 'a'},
  {"proxy_on_request_metadata", "context_id num_elements", 'a'},
  {"proxy_on_response_headers", "context_id num_headers end_of_stream", 'a'},
  {"proxy_on_response_body", "context_id body_size end_of_stream", 'a'},
  {"proxy_on_response_trailers", "context_id num_trailers", 'a'},
  {"proxy_on_response_metadata", "context_id num_elements", 'a'},
  {"proxy_on_http_call_response", "context_id call_id num_headers body_size num_trailers", 'v'},
  {"proxy_on_grpc_receive_initial_metadata", "context_id call_id num_elements", 'v'},
  {"proxy_on_grpc_receive", "context_id call_id message_size", 'v'},
  {"proxy_on_grpc_receive_trailing_metadata", "context_id call_id num_elements", 'v'},
  {"proxy_on_grpc_close", "context_id call_id status_code", 'v'},
  {"proxy_on_queue_ready", "context_id queue_id", 'v'},
  {"proxy_on_foreign_function", "context_id function_id arguments_size", 'v'},
  {"proxy_on_memory_allocate", "memory_size", 'p'},
  {"malloc", "memory_size", 'p'},
  {"_initialize", "", 'v'},
  {"_start", "", 'v'},
  {"main", "argc argv", 'n'},
};

static const struct signature *
find_signature(const char *callback)
{
  for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
    if (strcmp(signatures[i].name, callback) == 0) {
      return &signatures[i];
    }
  }
  return NULL;
}

const char *
pw_trace_callback_parameters(const char *callback)
{
  const struct signature *signature = find_signature(callback);
  return signature ? signature->parameters : NULL;
}

char
pw_trace_callback_result(const char *callback)
{
  const struct signature *signature = find_signature(callback);
  return signature ? signature->result : 'n';
}

const char *
pw_trace_errno_name(int64_t number)
{
  switch (number) {
  case PW_WASI_SUCCESS:
    return "SUCCESS";
  case PW_WASI_BADF:
    return "BADF";
  case PW_WASI_FAULT:
    return "FAULT";
  case PW_WASI_INVAL:
    return "INVAL";
  case PW_WASI_NOENT:
    return "NOENT";
  case PW_WASI_NOSYS:
    return "NOSYS";
  case PW_WASI_NOTSUP:
    return "NOTSUP";
  case PW_WASI_NOTCAPABLE:
    return "NOTCAPABLE";
  default:
    return NULL;
  }
}
