/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file request_body.h
 * Request bodies through modules.
 *
 * Traffic Server feeds a request transform when the connection to the origin is there, and sends the request's header
 * when the transform's output begins: an origin is chosen by then, but headers, and a reply instead of a request, can
 * still be decided.
 *
 * The server breaks (9.2.9) when the origin's answer comes while a request transform is at work: it tears the body's
 * tunnel down around the transform. So it gets none before the request has gone: see origin_gate.h. When an
 * origin answers early the rest of the body is taken from the client and thrown away.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_REQUEST_BODY_H
#define PROXYWASM_TRAFFIC_SERVER_REQUEST_BODY_H

#include "traffic_server/body/body.h"
#include "traffic_server/body/origin_gate.h"
#include "traffic_server/trailers/chunks.h"

/** Zero-initialised: there is none. */
struct pw_request_body {
  struct pw_body        body; /**< first: it is the transform's owner */
  struct pw_chunks      chunks;
  bool                  chunked;     /**< what comes in is in chunks */
  bool                  input_ended; /**< all of what comes in was taken */
  bool                  http2;       /**< of the client */
  bool                  half_sent;   /**< the origin has got a part of the request, and will get no more */
  bool                  gate_due;    /**< the server is about to read the answer */
  struct pw_origin_gate gate;
};

/** When the request's headers have passed: adds the transform if a plugin wants bodies and there is one. False: it is
 *  wanted, and memory is out. */
bool pw_request_body_prepare(struct pw_transaction *transaction);

/** Whether the server feeds the transform now, so that pauses and replies are its affair. */
bool pw_request_body_runs(const struct pw_transaction *transaction);

/** The next piece of what comes in through the segments, out of its chunks if it is in some. Also of a request that is
 *  held (held_request.h). REPLY and CLOSE end it; HOLD is as good as CONTINUE. */
enum pw_outcome pw_request_body_give(struct pw_request_body *request, struct pw_view piece, bool end);

/** At SEND_REQUEST_HDR: the request's header says how the body ends, and the gate is shut. */
void pw_request_body_sends(struct pw_transaction *transaction);
/** At READ_RESPONSE_HDR: a connection to which half a request was sent is not used again. */
void pw_request_body_answered(struct pw_transaction *transaction);

/** At READ_RESPONSE_HDR of an interim response, which the gate could not take away: whether it has to end the
 * transaction. After one, the server (9.2.9) sends a body again, and with a transform behind it breaks. */
bool pw_request_body_bars_interim(struct pw_transaction *transaction);
/** The transaction has ended. */
void pw_request_body_end(struct pw_transaction *transaction);

/** A pause of this direction was resumed while the transform runs. */
void pw_request_body_resumed(struct pw_transaction *transaction, enum pw_outcome outcome);

#endif
