/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file transform.h
 * A transform of Traffic Server: bytes of a body come in, others go out. What becomes of them is the owner's affair;
 * this knows in what order the server wants to be told.
 *
 * Everything here is called on the transaction's event thread, with the transaction's lock held.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_TRANSFORM_H
#define PROXYWASM_TRAFFIC_SERVER_TRANSFORM_H

#include "traffic_server/compatibility.h"

#include <proxywasm/types.h>

struct pw_transform;

struct pw_transform_ops {
  TSHttpHookID hook; /**< TS_HTTP_REQUEST_TRANSFORM_HOOK or TS_HTTP_RESPONSE_TRANSFORM_HOOK */
  /** Something may be possible: input has come, or the output has taken some, or pw_transform_later was asked for. Not
   *  called before the server has opened the input. */
  void (*ready)(struct pw_transform *transform);
  /** The server has closed it: nothing comes in or goes out any more. Called again for each pw_transform_later. */
  void (*closed)(struct pw_transform *transform);
};

/** How the output tells where it ends. */
enum pw_transform_end {
  PW_TRANSFORM_LENGTH, /**< after a number of bytes, told at the beginning */
  PW_TRANSFORM_OPEN,   /**< when it ends; the server finds a framing */
  PW_TRANSFORM_CHUNKED /**< when it ends; chunks are written here, the headers are the owner's affair */
};

/** The Content-Length that the server takes an output in chunks for: INT64_MAX - 1. */
#define PW_TRANSFORM_CHUNKED_LENGTH "9223372036854775806"

/** Zero-initialised: none. */
struct pw_transform {
  const struct pw_transform_ops *ops;
  void                          *owner;
  TSHttpTxn                      txn;
  TSVConn                        connection; /**< NULL: there is none (any more) */
  struct pw_view                 piece;      /**< of the input: given last, and not consumed yet */
  TSVIO                          output;     /**< NULL: the output has not begun */
  TSIOBuffer                     pending;    /**< what was written and has not gone out */
  TSIOBufferReader               pending_reader;
  TSIOBuffer                     buffer; /**< what has gone out and was not taken yet */
  TSIOBufferReader               reader;
  int64_t                        written;  /**< bytes ever written, without framing */
  int64_t                        pushed;   /**< bytes that went out last, at once */
  int64_t                        promised; /**< PW_TRANSFORM_LENGTH: the number of bytes */
  enum pw_transform_end          end;
  bool                           input_over; /**< the input was told that it is done */
  bool                           ended;      /**< nothing more goes out */
  bool                           taken;      /**< of the input, since it was last asked for more */
  bool                           aborts;     /**< as soon as the server has begun to take the output */
  bool                           closed;
  TSAction                       timer; /**< a pw_transform_later with a delay that is under way; NULL: none */
  unsigned                       timer_milliseconds;
};

/** Makes one for a transaction; its `owner` is for the ops. False: memory is out. */
bool pw_transform_open(struct pw_transform *transform, TSHttpTxn txn, const struct pw_transform_ops *ops, void *owner);
/** The transaction has ended: `closed` is called, if not now then when the server lets go. None: `connection` is NULL.
 */
void pw_transform_leave(struct pw_transform *transform);
/** In `closed`, after the transaction's end: the server closes a transform that it gave up once more then. */
void pw_transform_free(struct pw_transform *transform);

/**
 * The next piece of input; it lives until pw_transform_consume. `*end`: nothing comes after it; the piece may be empty
 * then. False: there is nothing now, or the input is over.
 */
bool pw_transform_input(struct pw_transform *transform, struct pw_view *piece, bool *end);
/** Whether what it puts out goes to the peer, and through no other plugin's transform. */
bool pw_transform_is_last(struct pw_transform *transform);
/** Whether the server has something to feed. */
bool pw_transform_has_input(struct pw_transform *transform);
/** Whether the operation of a connection belongs to whoever feeds the input now. */
bool pw_transform_is_fed_by(struct pw_transform *transform, TSVIO operation);
/** Of one that is closed: whether the server did so because of an error. */
bool pw_transform_was_aborted(const struct pw_transform *transform);
/** Whether more of the input is to come than is there: whoever feeds it has not ended it yet. */
bool pw_transform_awaits_input(const struct pw_transform *transform);
/** The length of the input; -1: unknown. */
int64_t pw_transform_input_length(struct pw_transform *transform);
void    pw_transform_consume(struct pw_transform *transform, size_t size);
/** Whether there is input that was not taken. A producer that is done says nothing more of it. */
bool pw_transform_has_more(struct pw_transform *transform);
/** Asks for more input, if some was taken since it was last asked. Like the next two it calls into the server, which
 * may end the transaction meanwhile. */
void pw_transform_more(struct pw_transform *transform);
/** All input was taken. */
void pw_transform_input_done(struct pw_transform *transform);
/** No more input is wanted; whoever else reads along (the cache) gets the rest. */
void pw_transform_input_stop(struct pw_transform *transform);

/** Notes bytes down for the output. They are copied; but not what is part of a piece of input that was not consumed
 * yet. */
void pw_transform_write(struct pw_transform *transform, struct pw_view bytes);
/** Forgets what was noted down and has not gone out. */
void pw_transform_drop(struct pw_transform *transform);
/** Begins the output: the headers go. `length` is for PW_TRANSFORM_LENGTH. False: the server has closed it. */
bool pw_transform_begin(struct pw_transform *transform, enum pw_transform_end end, int64_t length);
/** Lets go out what was written, never more than was promised; the server takes it along when its peer has taken of
 *  what came before, and calls `ready` then. */
void pw_transform_push(struct pw_transform *transform);
/** Has the server take at once what has gone out. */
void pw_transform_announce(struct pw_transform *transform);
/** Ends the output after what was pushed, and lines of trailers ("name: value\r\n"…) for PW_TRANSFORM_CHUNKED. */
void pw_transform_finish(struct pw_transform *transform, struct pw_view trailers);
/** Ends the output where it is now, in the middle of the message. */
void pw_transform_cut(struct pw_transform *transform);
/** Has the server give up on the message: an error page (for a request: no answer) if the output has not begun, else a
 *  broken connection. It calls into the server, which may end the transaction meanwhile. */
void pw_transform_abort(struct pw_transform *transform);
/** Ends the transaction in this call, as if its client had left amid the upload that goes through this transform. Only
 *  of a request, while more of it is to come, and while the server asks no plugin anything. */
void pw_transform_end_transaction(struct pw_transform *transform);
/** Bytes that have been written and not been taken by the server. */
int64_t pw_transform_waiting(const struct pw_transform *transform);
/** Those of them that have gone out. */
int64_t pw_transform_untaken(const struct pw_transform *transform);

/** Calls `ready` (or `closed`) soon, or after some time. One delay at a time, the shorter one. Anything up to 5 ms is
 * as good as at once: the server (9.2.9) calls what is due so soon before connections have had their turn. */
void pw_transform_later(struct pw_transform *transform, unsigned milliseconds);

#endif
