/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the bodies module share. The request headers "NAME-request-body" and "NAME-response-body" (NAME is
 * the plugin's configuration) tell it what to do with the bodies of the transaction, in words with spaces between. T
 * and VALUE are texts in percent encoding.
 *
 * Each piece, as the body callback shows it:
 *   look              read, and left as it is              upper            in upper case
 *   hold              PAUSE until the end of the stream
 * At the first piece (of a body that is held: at its end):
 *   prepend=T         T before it                          reply=STATUS     a local reply
 *   close, trap       the stream is closed; a trap         pause=MS         PAUSE, and on after some time
 * At the end of the stream:
 *   replace=T, empty  T, or nothing, instead of what the buffer holds
 *   fill=T            T, when the whole body had no bytes
 *   splice=START,SIZE,T   proxy_set_buffer_bytes; "max" is the largest number. May be there several times.
 *   read=START,SIZE   notes what proxy_get_buffer_bytes gives
 *   append=T          T after it                           reply-end, close-end, trap-end, pause-end: as above
 *   set=NAME:VALUE, add=NAME:VALUE, remove=NAME            headers of this direction; noted when it is too late
 *   trailer=NAME:VALUE    adds a trailer from the body callback
 *   call=UPSTREAM,PATH,MS[,T]    a call (POST with T), and PAUSE until its end; then the header "x-call" of this
 *                     direction says what came of it, and "call-append" appends the answer's body
 * In the headers callback:
 *   headers=MS        PAUSE, and on after some time
 *   hold-headers      PAUSE; the body callback goes on with both at the end of the stream
 * In the trailers callback:
 *   trailer-see       notes each                           trailer-pause=MS
 *   trailer-property=PATH     notes the property
 *   reply-trailers=STATUS, close-trailers, trap-trailers   as above
 *   trailer-add=NAME:VALUE, trailer-set=NAME:VALUE, trailer-remove=NAME
 *   trailer-to-header=NAME    copies a trailer to a header, while those are held
 *   trailer-to-body   appends "NAME=VALUE;" of each to the body, while that is held
 * All the time:
 *   count             notes what was seen: whether headers came alone, callbacks, bytes, ends of the stream, trailers;
 *                     "over" is the last note
 *
 * Notes are log lines "PATH NAME: NOTE"; those that are there before the response's headers are also response headers
 * "NAME-note".
 */
#ifndef BODIES_H
#define BODIES_H

#include <proxy_wasm.h>

#define SCRIPT_SIZE 2048
#define NOTES_SIZE  4096

/* A request or a response on its way. */
struct direction {
  char     script[SCRIPT_SIZE];
  bool     begun;
  bool     ended;
  bool     waits;
  bool     headers_seen;
  bool     alone; /* headers without a body */
  bool     trailers_seen;
  uint64_t bytes;     /* that came, of the whole body */
  size_t   left;      /* bytes in the buffer after a callback that paused */
  uint32_t callbacks; /* for the body */
  uint32_t ends;
  uint32_t trailers;
};

struct context {
  uint32_t         id;
  uint32_t         root_id;
  char             name[32]; /* of a root context */
  char             path[256];
  char             notes[NOTES_SIZE];
  struct direction directions[2];
};

/* bodies_script.h */
const char *next_word(const struct direction *direction, const char **cursor, const char *name, char *value);
const char *word(const struct direction *direction, const char *name, char *value);
bool        has(const struct direction *direction, const char *name);
bool        number(const struct direction *direction, const char *name, uint64_t *result);

/* bodies_wait.h: both answer PAUSE */
proxy_action_t wait_some_time(struct context *context, proxy_stream_type_t stream, uint64_t milliseconds);
proxy_action_t wait_for_call(struct context *context, proxy_stream_type_t stream);

void note(struct context *context, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
