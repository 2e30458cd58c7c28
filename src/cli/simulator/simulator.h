/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file simulator.h
 * A proxy in memory: `run`, `test` and `conformance` let modules meet simulated transactions in it.
 *
 * It implements struct pw_proxy_ops in full and is deterministic: its clock stands still unless somebody advances it,
 * its random bytes come from a seed, and nothing happens but in calls of the functions below.
 *
 *   pw_simulator    host, worker, plugins with their instances, one chain of them all, clock, events, log, canned
 * answers pw_transaction  one HTTP transaction or TCP connection on its way through the chain
 *
 * Not for use from two threads at once.
 */
#ifndef PROXYWASM_CLI_SIMULATOR_H
#define PROXYWASM_CLI_SIMULATOR_H

#include <proxywasm/host.h>

#include "cli/simulator/simulator_fields.h"
#include "config/config.h"

struct pw_simulator;

/** The longest pause of a script that says nothing of it, in virtual time. */
#define PW_DEFAULT_WAIT_MILLISECONDS 10000
/** Nanoseconds since 1970 at which the clock starts when nobody says otherwise: 2024-01-01T00:00:00Z. */
#define PW_SIMULATOR_TIME 1704067200000000000ULL

struct pw_simulator_options {
  const struct pw_trace_ops *trace; /**< NULL: none */
  void                      *trace_data;
  const char                *cache_directory; /**< for compiled code; NULL: none */
  uint64_t                   time;            /**< nanoseconds since 1970; 0: PW_SIMULATOR_TIME */
  uint64_t                   seed;            /**< of the random bytes */
  bool                       system_random;   /**< the system's random bytes instead */
  bool                       open_calls;  /**< calls that may be made, and have no answer, stay open: else they fail */
  bool                       system_time; /**< the system's clock; events then happen as soon as they are waited for */
  /** Told of each log line as it comes, after it was collected; NULL: nobody. */
  void (*log)(void *data, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text);
  void *log_data;
};

/** Makes the host. `options` is copied. Errors: those of pw_host_new. */
struct pw_simulator *pw_simulator_new(const struct pw_simulator_options *options, struct pw_error *error);
/**
 * Ends every transaction that is still open, then the instances (on_done, on_log, on_delete), then all the rest.
 * NULL is allowed. pw_simulator_stop does the first part only: afterwards its log can still be read.
 */
void pw_simulator_delete(struct pw_simulator *simulator);
void pw_simulator_stop(struct pw_simulator *simulator);

/**
 * Loads a module, starts it and puts it at the end of the chain. Before the first transaction.
 * NULL: it could not be loaded, `error` says why (those of pw_plugin_load; ARGUMENT after the first transaction). When
 * only its start failed, an instance in state FAILED is answered, and `error` says why; otherwise error->code is NONE.
 */
struct pw_instance *pw_simulator_add_plugin(struct pw_simulator *simulator, const struct pw_plugin_config *config,
                                            struct pw_view code, const char *file, struct pw_error *error);
/** The same for a plugin of a file, whose upstreams and allowed authorities decide whom it may call, as they do in
 *  Traffic Server: answers are given to calls that it may make. `from` (may be NULL) outlives the simulator. */
struct pw_instance *pw_simulator_add_configured(struct pw_simulator *simulator, const struct pw_plugin_config *config,
                                                const struct pw_config_plugin *from, struct pw_view code,
                                                const char *file, struct pw_error *error);
size_t              pw_simulator_instance_count(const struct pw_simulator *simulator);
/** NULL beyond the last one. */
struct pw_instance *pw_simulator_instance(const struct pw_simulator *simulator, size_t index);
struct pw_host     *pw_simulator_host(const struct pw_simulator *simulator);

/* -------------------------------------------------------------------------------------------------- canned answers */

/**
 * A property for every transaction and the root contexts; it hides the computed one. `path` has '.' between its parts
 * ("request.path"); the value is the ABI's serialisation. Given again, it is replaced. Errors by false: memory.
 */
bool pw_simulator_set_property(struct pw_simulator *simulator, struct pw_view path, struct pw_view value);

/** How a call that a module makes is answered. Everything is copied. */
struct pw_call_answer {
  struct pw_view upstream;  /**< of the call; empty: any */
  struct pw_view authority; /**< HTTP: ":authority"; empty: any */
  struct pw_view path;      /**< HTTP: ":path" without regard to its query; gRPC: "service/method"; empty: any */
  const struct pw_fields
                *headers; /**< HTTP: with ":status"; gRPC: initial metadata. NULL or empty with HTTP: the call fails */
  struct pw_view body;    /**< HTTP */
  const struct pw_view   *messages; /**< gRPC */
  size_t                  message_count;
  const struct pw_fields *trailers; /**< HTTP trailers; gRPC: trailing metadata */
  uint32_t                status; /**< gRPC status, or what proxy_get_status says; 0 with HTTP: the one of ":status" */
  struct pw_view          status_message;
  uint32_t                delay_milliseconds; /**< virtual; a call whose timeout is shorter fails */
  enum pw_status          refuse;             /**< not OK: the hostcall answers this, and no call is made */
};
/** HTTP and gRPC calls are answered by the first answer that fits. Where none does, the upstream is unknown:
 * BAD_ARGUMENT (HTTP), PARSE_FAILURE (gRPC). An answer serves any number of calls. Errors by false: memory. */
bool pw_simulator_answer_http(struct pw_simulator *simulator, const struct pw_call_answer *answer);
bool pw_simulator_answer_grpc(struct pw_simulator *simulator, const struct pw_call_answer *answer);

/** A foreign function: answers `status` and `result`, or, with `echo`, its arguments. Before the first plugin.
 *  Errors: those of pw_host_register_foreign_function; ARGUMENT after the first plugin. */
bool pw_simulator_foreign_function(struct pw_simulator *simulator, const char *name, enum pw_status status,
                                   struct pw_view result, bool echo, struct pw_error *error);

/** A call that a module made; for outcomes. */
struct pw_call_record {
  uint32_t         id;
  bool             grpc;
  bool             grpc_stream;
  struct pw_bytes  upstream;
  struct pw_bytes  service; /**< gRPC */
  struct pw_bytes  method;  /**< gRPC */
  struct pw_fields headers; /**< or initial metadata */
  struct pw_bytes  body;    /**< or the message; of a gRPC stream: all messages, one after the other */
  struct pw_fields trailers;
  uint32_t         timeout_milliseconds;
  enum pw_status   status;    /**< what the hostcall answered */
  bool             cancelled; /**< by the host or the module */
  bool             ended;     /**< its end was told */
};
const struct pw_call_record *pw_simulator_calls(const struct pw_simulator *simulator, size_t *count);

/* --------------------------------------------------------------------------------------------------- clock and log */

/** Lets virtual time pass: ticks and ends of calls that fall into it happen, in order. */
void pw_simulator_advance(struct pw_simulator *simulator, uint64_t nanoseconds);
/** Everything that is due now, and what other VMs left for this worker. The step functions below do it themselves.
 *  false: it gave up on modules that go round in circles, and logged so. */
bool pw_simulator_drain(struct pw_simulator *simulator);
/** Now, nanoseconds since 1970. */
uint64_t pw_simulator_time(const struct pw_simulator *simulator);

/** A line that a module logged, or the host about it. The text is terminated, too. */
struct pw_log_line {
  const struct pw_plugin *plugin; /**< NULL: the host itself */
  enum pw_log_level       level;
  const char             *phase; /**< static: "start", "request_headers", … "end", "stop", "idle" */
  struct pw_view          text;
};
/** All lines so far. The array moves when lines are added. */
const struct pw_log_line *pw_simulator_log(const struct pw_simulator *simulator, size_t *count);

/** Forgets all log lines, and the records of calls that are over: for who runs transactions without end. */
void pw_simulator_forget(struct pw_simulator *simulator);

/* ------------------------------------------------------------------------------------------------------ transaction */

/** What a local reply says. Zero when there was none. */
struct pw_reply {
  bool             given;
  uint32_t         status;
  struct pw_bytes  details;
  struct pw_bytes  body;
  struct pw_fields headers;
  int32_t          grpc_status;
};

enum pw_map_state {
  PW_MAP_ABSENT, /**< NOT_FOUND */
  PW_MAP_OPEN,   /**< may be read and changed */
  PW_MAP_SENT    /**< may be read; changes are answered BAD_ARGUMENT */
};

/** Read it; change it with the functions only. */
struct pw_transaction {
  struct pw_simulator   *simulator;
  struct pw_stream      *stream;                    /**< NULL once it has ended */
  struct pw_fields       maps[PW_MAP_STREAM_COUNT]; /**< as they are now: what upstream and client get, once sent */
  enum pw_map_state      map_states[PW_MAP_STREAM_COUNT];
  struct pw_bytes        out[PW_STREAM_TYPE_COUNT];       /**< all body (or TCP data) that left the last module */
  bool                   out_ended[PW_STREAM_TYPE_COUNT]; /**< its end left, too */
  enum pw_next           next[PW_STREAM_TYPE_COUNT];      /**< how each direction stands, after resumes */
  struct pw_reply        reply;
  bool                   reply_sent;   /**< the response is a local reply, or the 503 of a broken plugin */
  unsigned               route_clears; /**< calls of proxy_clear_route_cache */
  uint64_t               body_in[PW_STREAM_TYPE_COUNT]; /**< bytes that were given */
  struct pw_fields       properties;
  uint64_t               time_begin;       /**< nanoseconds since 1970 */
  uint64_t               id;               /**< 1, 2, … in its simulator */
  struct pw_transaction *link;             /**< private */
  uint8_t                resume_wanted;    /**< private: bit set of enum pw_stream_type */
  uint8_t                phase_reached[2]; /**< private */
};

/** A transaction over all plugins. Errors: MEMORY. */
struct pw_transaction *pw_transaction_new(struct pw_simulator *simulator, struct pw_error *error);
/** A property of this transaction alone; as pw_simulator_set_property. */
bool pw_transaction_set_property(struct pw_transaction *transaction, struct pw_view path, struct pw_view value);

/**
 * One step each: hands over what came, lets the modules see it, and then does what is due at this moment (a resume that
 * a module asked for, a queue that is ready), but lets no time pass. They answer how the direction stands then.
 * Fields are copied; NULL is an empty map. After an answer of REPLY, CLOSE or FAIL no more steps of that transaction
 * may be called but _send_reply and _end; the steps then do nothing and answer the same again.
 */
enum pw_next pw_transaction_request_headers(struct pw_transaction *transaction, const struct pw_fields *headers,
                                            bool end_of_stream);
enum pw_next pw_transaction_request_body(struct pw_transaction *transaction, struct pw_view piece, bool end_of_stream);
enum pw_next pw_transaction_request_trailers(struct pw_transaction *transaction, const struct pw_fields *trailers);
enum pw_next pw_transaction_request_metadata(struct pw_transaction *transaction, size_t count);
enum pw_next pw_transaction_response_headers(struct pw_transaction *transaction, const struct pw_fields *headers,
                                             bool end_of_stream);
enum pw_next pw_transaction_response_body(struct pw_transaction *transaction, struct pw_view piece, bool end_of_stream);
enum pw_next pw_transaction_response_trailers(struct pw_transaction *transaction, const struct pw_fields *trailers);
enum pw_next pw_transaction_response_metadata(struct pw_transaction *transaction, size_t count);
/** TCP. */
enum pw_next pw_transaction_new_connection(struct pw_transaction *transaction);
enum pw_next pw_transaction_data(struct pw_transaction *transaction, enum pw_stream_type type, struct pw_view piece,
                                 bool end_of_stream);
void         pw_transaction_connection_close(struct pw_transaction *transaction, enum pw_stream_type type,
                                             enum pw_peer_type peer);

/** While that direction is paused, lets virtual time pass from event to event, until it goes on, or nothing is left
 *  that could happen, or `limit_milliseconds` have passed. Answers how it stands. */
enum pw_next pw_transaction_wait(struct pw_transaction *transaction, enum pw_stream_type type,
                                 uint32_t limit_milliseconds);
/** After REPLY or FAIL: the local reply (or the 503) becomes the response, and goes through the response callbacks like
 *  one from the upstream, as proxies do. Answers how the response stands. */
enum pw_next pw_transaction_send_reply(struct pw_transaction *transaction);
/** on_done, on_log, on_delete. May be called once; the outcome can be read until pw_transaction_delete. */
void pw_transaction_end(struct pw_transaction *transaction);
/** Ends it if need be, and frees it. NULL is allowed. */
void pw_transaction_delete(struct pw_transaction *transaction);

/** A whole transaction. Views belong to the caller. */
struct pw_script {
  const struct pw_fields *request_headers;
  struct pw_view          request_body;
  const struct pw_fields *request_trailers; /**< NULL or empty: none */
  const struct pw_fields *response_headers; /**< NULL: the upstream does not answer, no response step is done */
  struct pw_view          response_body;
  const struct pw_fields *response_trailers;
  size_t                  request_metadata; /**< elements of HTTP/2 metadata after the headers; 0: none */
  size_t                  response_metadata;
  size_t                  chunk_size;        /**< bodies come in pieces of this size; 0: in one */
  uint32_t                wait_milliseconds; /**< the longest pause, virtual; 0: ten seconds */
};
/** All steps in order, with waits, a local reply sent, and the end. Look at the transaction for the outcome. */
void pw_transaction_run(struct pw_transaction *transaction, const struct pw_script *script);

/** "continue", "pause", "reply", "close", "fail". Static. */
const char *pw_next_name(enum pw_next next);

#endif
