/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file response_trailers.h
 * Trailers of a response whose body is filtered.
 *
 * In: Traffic Server takes an origin's body out of its chunks before a transform sees it, and forgets what follows
 * them. So the plugin reads along, with readers of its own on the buffers that the connection is read into: what has
 * come with the header is looked at in READ_RESPONSE_HDR, the rest in the buffer of the body, from the moment when the
 * server has begun to read into it, which is before that hook's TSHttpTxnReenable returns. Nothing is copied but the
 * trailers.
 *
 * Out: a body in chunks gets them from the server, without trailers. So towards a client of HTTP/1.1 the plugin writes
 * chunks itself, as output of a length that is none, and makes the header tell of chunks in SEND_RESPONSE_HDR. Never
 * into the cache.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_RESPONSE_TRAILERS_H
#define PROXYWASM_TRAFFIC_SERVER_RESPONSE_TRAILERS_H

#include "traffic_server/body/transform.h"
#include "traffic_server/trailers/chunks.h"
#include "traffic_server/trailers/trailers.h"

struct pw_body;
struct pw_transaction;

/** Reading along. Zero-initialised: nothing is read. */
struct pw_trailer_tap {
  struct pw_chunks chunks;
  bool             wanted;  /**< the origin's body is in chunks, and goes to a transform */
  const char      *problem; /**< static: nothing more can be read; NULL: none */
  int64_t          size;    /**< of the body, so far */
  int64_t          carried; /**< bytes that had come with interim responses, and belong to what follows them */
  TSIOBuffer       buffer;  /**< of the body */
  TSCont           tunnel;  /**< whoever reads the connection into it */
  TSIOBufferReader reader;  /**< NULL: there is none (yet, or any more) */
};

/** At READ_RESPONSE_HDR of an interim response. */
void pw_response_trailers_interim(struct pw_transaction *transaction);
/** At READ_RESPONSE_HDR, when it is known whether there is a transform: reads what has come with the header. */
void pw_response_trailers_expect(struct pw_transaction *transaction);
/** Right after that hook was ended: finds the buffer of the body. */
void pw_response_trailers_follow(struct pw_transaction *transaction);
/** Reads what has come. In the transform, before its input. */
void pw_response_trailers_look(struct pw_body *body);
/** At the body's end, which `last` bytes of input come to: whether trailers follow. They are in the transaction then.
 */
bool pw_response_trailers_come(struct pw_body *body, size_t last);
/** The transform is closed, or nothing is to be read any more. */
void pw_response_trailers_stop(struct pw_transaction *transaction);
/** The transaction has ended: forgets everything. */
void pw_response_trailers_end(struct pw_transaction *transaction);

/** Before an output of unknown length (or one that trailers follow) begins: how it is framed. */
enum pw_transform_end pw_response_trailers_framing(struct pw_body *body);
/** At SEND_RESPONSE_HDR: the header tells of the plugin's chunks. */
void pw_response_trailers_send(struct pw_transaction *transaction);

#endif
