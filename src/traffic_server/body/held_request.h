/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file held_request.h
 * Requests whose headers a module holds until it has seen the body (allow_on_headers_stop_iteration).
 *
 * Traffic Server shows a body to a transform only when the origin is connected: too late for another upstream. So the
 * transaction's origin becomes the plugin itself (an intercept), which gets the header and the body. When the modules
 * have let both go, the request is made anew, as the client request's header is then and with what has become of the
 * body, over a connection to the server itself: held_inner.h. What comes back is passed on to the transaction as it is,
 * and goes the way of any origin's response. When the modules answer themselves, nothing is sent on.
 *
 * The body is gathered in memory, at most `limits.body` of the plugins that hold it.
 *
 * Everything here is called on the transaction's event thread.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_HELD_REQUEST_H
#define PROXYWASM_TRAFFIC_SERVER_HELD_REQUEST_H

#include "traffic_server/body/request_body.h"
#include "traffic_server/own_connection.h"

struct pw_held_request {
  struct pw_transaction   *transaction; /**< NULL: it has ended */
  TSHttpTxn                txn;         /**< of the client */
  TSCont                   continuation;
  uint32_t                 number;        /**< of the request that is made of it */
  bool                     by_remap;      /**< that one goes through remap.config */
  bool                     carries_body;  /**< it has the body as a client's request has it; see held_inner.h */
  bool                     http2;         /**< of the client */
  bool                     waits_for_100; /**< the client sends the body when it is told to */
  bool                     refused;       /**< the server has given the intercept up */
  bool                     input_ended;   /**< all of the client's body has come */
  bool                     stopped;       /**< the modules have answered, or closed it */
  bool                     sent_on;       /**< the request is on its way, or the answer */
  bool                     answering;     /**< something of a final response has come */
  bool                     answer_ended;
  bool                     in_chunks;  /**< the client's body is */
  int64_t                  left;       /**< bytes of a client's body that is not */
  unsigned                 header_end; /**< bytes of the client's header's end that have been seen */
  struct pw_chunks         chunks;     /**< of the client's body, to find its end */
  struct pw_request_body   gathered;   /**< what has become of it; its transform is a place to write to, and no more */
  int64_t                  most;       /**< bytes that may be gathered */
  TSMgmtInt                timeout;    /**< the transaction's own, for the origin */
  struct pw_own_connection client;
  struct pw_own_connection origin;
};

/** Whether the transaction waits for a module that holds the headers and wants to see the body meanwhile. */
bool pw_held_request_wanted(struct pw_transaction *transaction);
/** Has its body read. To be called before the server has looked at the request, which is at POST_REMAP: the hook can
 *  then be ended. `by_remap`: remap has not been. False: memory is out. */
bool pw_held_request_begin(struct pw_transaction *transaction, bool by_remap);
/** Whether pauses and replies of this direction are its affair now. */
bool pw_held_request_runs(const struct pw_transaction *transaction);
/** At SEND_REQUEST_HDR: a transform may have given the client's body another framing. */
void pw_held_request_sends(struct pw_transaction *transaction);
/** A pause of this direction was resumed while it runs. */
void pw_held_request_resumed(struct pw_transaction *transaction, enum pw_outcome outcome);
/** The transaction has ended. None: nothing. */
void pw_held_request_end(struct pw_transaction *transaction);

#endif
