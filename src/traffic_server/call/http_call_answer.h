/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http_call_answer.h
 * The answer to a call, read from the bytes of an HTTP/1.1 response as they come.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_ANSWER_H
#define PROXYWASM_TRAFFIC_SERVER_HTTP_CALL_ANSWER_H

#include "traffic_server/compatibility.h"
#include "traffic_server/trailers/chunks.h"

/** The status line and headers may be so long. */
#define PW_ANSWER_HEAD_BYTES ((size_t)128 << 10)

enum pw_answer_state {
  PW_ANSWER_HEAD,
  PW_ANSWER_LENGTH, /**< a body of `left` more bytes */
  PW_ANSWER_CHUNKS,
  PW_ANSWER_CLOSE, /**< a body up to the end of the connection */
  PW_ANSWER_DONE
};

struct pw_answer {
  enum pw_answer_state state;
  bool                 to_head; /**< the answer to HEAD: it has no body, whatever it says */
  uint64_t             most;    /**< bytes of its body */
  TSHttpParser         parser;
  TSMBuffer            buffer;
  TSMLoc               header;
  size_t               head_bytes;
  uint64_t             left;
  struct pw_chunks     chunks;
  struct pw_bytes      body;
  char                 status[16];
  struct pw_pairs      headers; /**< with :status first; without what is about the connection. For the module */
  struct pw_pairs      trailers;
};

void pw_answer_begin(struct pw_answer *answer, bool to_head, uint64_t most);

/** Takes what has come. Returns NULL, or what is wrong (static): the answer is broken then. When `state` is
 *  PW_ANSWER_DONE, all of it has come. */
const char *pw_answer_take(struct pw_answer *answer, struct pw_view piece);

/** What it holds of memory, so far. */
size_t pw_answer_bytes(const struct pw_answer *answer);

/** The connection has ended. Returns NULL when the answer is complete by that, or what is wrong. */
const char *pw_answer_end(struct pw_answer *answer);

/** Makes `headers` and `trailers` of a complete answer. False: memory is out. */
bool pw_answer_finish(struct pw_answer *answer);

void pw_answer_clear(struct pw_answer *answer);

#endif
