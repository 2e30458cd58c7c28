/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file simulator_internal.h
 * What the files of the simulator share, and nobody else sees.
 */
#ifndef PROXYWASM_CLI_SIMULATOR_INTERNAL_H
#define PROXYWASM_CLI_SIMULATOR_INTERNAL_H

#include "cli/simulator/simulator.h"

/** A canned answer, owned. */
struct pw_owned_answer {
  struct pw_bytes  upstream;
  struct pw_bytes  authority;
  struct pw_bytes  path;
  struct pw_fields headers;
  struct pw_bytes  body;
  struct pw_bytes *messages;
  size_t           message_count;
  struct pw_fields trailers;
  uint32_t         status;
  struct pw_bytes  status_message;
  uint32_t         delay_milliseconds;
  enum pw_status   refuse;
};

struct pw_answers {
  struct pw_owned_answer *items;
  size_t                  count;
};

/** A foreign function that was described; `host` calls it with a pointer to this. */
struct pw_canned_function {
  struct pw_canned_function *link;
  enum pw_status             status;
  struct pw_bytes            result;
  bool                       echo;
};

/** No canned answer fits. */
#define PW_NO_ANSWER SIZE_MAX

/** What is private of a call that a module made. */
struct pw_call_state {
  struct pw_instance *instance;
  size_t              answer; /**< index, or PW_NO_ANSWER */
  size_t              told;   /**< canned gRPC messages that were delivered */
};

enum pw_event_kind {
  PW_EVENT_TICK,
  PW_EVENT_HTTP_END,
  PW_EVENT_HTTP_FAIL,  /**< the timeout has passed */
  PW_EVENT_GRPC_CALL,  /**< everything of a unary call */
  PW_EVENT_GRPC_OPEN,  /**< initial metadata of a stream */
  PW_EVENT_GRPC_NEXT,  /**< one more message, if there is one */
  PW_EVENT_GRPC_CLOSE, /**< the messages that are left, trailing metadata, end */
  PW_EVENT_GRPC_FAIL   /**< the timeout has passed */
};

/** What the monotonic clock shows when the simulator begins: Go's runtime takes one at zero for broken. */
#define PW_SIMULATOR_MONOTONIC_BEGIN UINT64_C(1000000000)

struct pw_event {
  uint64_t            time; /**< virtual nanoseconds since the simulator began */
  uint64_t            order;
  enum pw_event_kind  kind;
  struct pw_instance *instance; /**< of ticks */
  uint32_t            period;   /**< of ticks, milliseconds */
  uint32_t            id;       /**< of the call */
};

struct pw_simulator {
  struct pw_simulator_options options;
  struct pw_host             *host;
  struct pw_worker           *worker;
  struct pw_instance        **instances;
  struct pw_plugin          **plugins;
  /** What each was configured from, NULL: nothing is known of whom it may call. One more while a plugin starts. */
  const struct pw_config_plugin **sources;
  size_t                          instance_count;
  struct pw_chain                *chain;
  struct pw_transaction          *transactions;
  uint64_t                        transaction_count;
  bool                            stopped;

  struct pw_fields           properties; /**< names are dotted paths */
  struct pw_answers          http_answers;
  struct pw_answers          grpc_answers;
  struct pw_canned_function *functions;

  struct pw_call_record *calls;
  struct pw_call_state  *call_states; /**< beside `calls` */
  size_t                 call_count;

  uint64_t         now;    /**< virtual nanoseconds since the simulator began */
  struct pw_event *events; /**< unordered; few */
  size_t           event_count;
  size_t           event_capacity;
  uint64_t         event_order;
  bool             woken;
  bool             gave_up; /**< modules went round in circles: see pw_simulator_drain */
  uint64_t         random_state;

  struct pw_log_line *log;
  size_t              log_count;
  size_t              log_capacity;
  const char         *phase;
};

/* simulator.c */
/** The table that the host gets. */
extern const struct pw_proxy_ops pw_simulator_ops;
/** Makes the chain if need be. Errors: MEMORY. */
bool pw_simulator_chain(struct pw_simulator *simulator, struct pw_error *error);

/* simulator_log.c */
void pw_simulator_note(struct pw_simulator *simulator, const struct pw_plugin *plugin, enum pw_log_level level,
                       struct pw_view text);
/** Drops all lines. */
void pw_simulator_log_forget(struct pw_simulator *simulator);
void pw_simulator_log_free(struct pw_simulator *simulator);

/* simulator_clock.c */
/** false: memory. */
bool pw_simulator_schedule(struct pw_simulator *simulator, const struct pw_event *event, uint64_t delay_nanoseconds);
void pw_simulator_forget_ticks(struct pw_simulator *simulator, const struct pw_instance *instance);
void pw_simulator_forget_call(struct pw_simulator *simulator, uint32_t id);
/** Time of the earliest event; false when there is none. */
bool pw_simulator_next_event(const struct pw_simulator *simulator, uint64_t *time);

/* simulator_answers.c */
bool pw_simulator_copy_bytes(struct pw_bytes *to, struct pw_view from);
bool pw_simulator_copy_pairs(struct pw_fields *to, const struct pw_pairs *from);
/** The first answer that fits, or PW_NO_ANSWER. */
size_t pw_simulator_find_answer(const struct pw_answers *answers, struct pw_view upstream, struct pw_view authority,
                                struct pw_view path);
/** NULL: memory. Valid until the next one is made. */
struct pw_call_record *pw_simulator_record_new(struct pw_simulator *simulator, struct pw_instance *instance,
                                               uint32_t id);
/** A call that is under way, or NULL. */
struct pw_call_record *pw_simulator_record_open(struct pw_simulator *simulator, uint32_t id);
/** Drops the records of calls that are not under way. */
void pw_simulator_calls_forget(struct pw_simulator *simulator);
void pw_simulator_calls_free(struct pw_simulator *simulator);

/* simulator_calls.c */
enum pw_status pw_simulator_http_call(void *worker, struct pw_instance *instance, void *stream,
                                      const struct pw_http_call *call);
void           pw_simulator_http_call_cancel(void *worker, uint32_t id);
enum pw_status pw_simulator_grpc_call(void *worker, struct pw_instance *instance, void *stream,
                                      const struct pw_grpc_call *call);
enum pw_status pw_simulator_grpc_send(void *worker, uint32_t id, struct pw_view message, bool end_of_stream);
enum pw_status pw_simulator_grpc_close(void *worker, uint32_t id);
enum pw_status pw_simulator_grpc_cancel(void *worker, uint32_t id);
/** The number of a ":status"; 0 when there is none. */
uint32_t pw_simulator_status_number(struct pw_view text);
/** An event of a call is due. */
void pw_simulator_call_event(struct pw_simulator *simulator, const struct pw_event *event);

/* simulator_property.c */
enum pw_status pw_simulator_property_get(void *worker, void *stream, struct pw_view path, struct pw_bytes *value);
enum pw_status pw_simulator_property_set(void *worker, void *stream, struct pw_view path, struct pw_view value);

/* simulator_map.c */
/** The name that a field is kept under: a request has its host in ":authority". */
struct pw_view pw_simulator_place_of(enum pw_map_type map, struct pw_view key);
enum pw_status pw_simulator_map_count(void *stream, enum pw_map_type map, size_t *count);
enum pw_status pw_simulator_map_size(void *stream, enum pw_map_type map, struct pw_map_size *size);
enum pw_status pw_simulator_map_pairs(void *stream, enum pw_map_type map, struct pw_pairs *pairs);
enum pw_status pw_simulator_map_get(void *stream, enum pw_map_type map, struct pw_view key, struct pw_pairs *pairs);
enum pw_status pw_simulator_map_add(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value);
enum pw_status pw_simulator_map_replace(void *stream, enum pw_map_type map, struct pw_view key, struct pw_view value);
enum pw_status pw_simulator_map_remove(void *stream, enum pw_map_type map, struct pw_view key);
enum pw_status pw_simulator_map_set(void *stream, enum pw_map_type map, const struct pw_pairs *pairs);

/* simulator_transaction.c */
/** Whether a direction has come to its end with this. */
static inline bool
pw_next_is_final(enum pw_next next)
{
  return next != PW_NEXT_CONTINUE && next != PW_NEXT_PAUSE;
}
/** Continues the directions of a transaction that modules asked to continue. true if there was one. */
bool pw_transaction_resume_wanted(struct pw_transaction *transaction);

#endif
