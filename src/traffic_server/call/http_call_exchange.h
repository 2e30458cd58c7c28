/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http_call_exchange.h
 * One request to another server, and its answer, over a connection to the server itself: Traffic Server makes a
 * transaction of it, with its own DNS, TLS and connections to origins.
 *
 * Everything here is for the one event thread that began the exchange.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_EXCHANGE_H
#define PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_EXCHANGE_H

#include "traffic_server/call/http_call_answer.h"
#include "traffic_server/own_connection.h"

/** What proxy_get_status tells of calls that failed. */
#define PW_EXCHANGE_TIMEOUT 504
#define PW_EXCHANGE_BROKEN  502

struct pw_exchange {
  uint32_t         number;  /**< of the request's PW_CALL_FIELD */
  struct pw_bytes  request; /**< what is sent; freed when it is on its way */
  struct pw_bytes  authority;
  bool             by_remap; /**< remap.config applies */
  uint32_t         timeout_milliseconds;
  struct pw_answer answer;
  bool             answered; /**< the upstream has sent headers */
  uint32_t         failure;  /**< 0: `answer` is complete; else what proxy_get_status tells */
  char             message[128];
  bool             begun;
  bool             over;
  TSMutex          mutex; /**< of its continuation */
  TSCont           continuation;
  TSAction         timer;

  struct pw_own_connection server;
  bool (*admit)(void *data, size_t bytes); /**< whether the answer may hold so many */
  void (*done)(void *data);                /**< the exchange is over, but not by pw_exchange_end. May free it */
  void *data;
};

/** Prepares it. `number`, `request`, `authority`, `by_remap`, `timeout_milliseconds`, `admit`, `done` and `data` are
 * then to be filled in. Any thread. */
void pw_exchange_init(struct pw_exchange *exchange);

/** Sends the request. `done` is called later, or within (it could not be sent). On an event thread, which holds
 *  `mutex`. */
void pw_exchange_begin(struct pw_exchange *exchange, bool to_head, uint64_t most);

/** Breaks it off, if it is not over, and frees what it holds. On its thread, which holds `mutex`; or on any thread if
 * it was not begun. */
void pw_exchange_end(struct pw_exchange *exchange);

/** Has the server's own requests for exchanges treated as such. Called before the first one; any thread. */
void pw_exchange_watch(void);

#endif
