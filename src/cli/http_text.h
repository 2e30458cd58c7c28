/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file http_text.h
 * HTTP/1 messages as text: what a file given to `run --request` or to a suite holds.
 *
 * Lines end with CR LF or LF alone. The empty line and the body may be missing. Thread-safe: no shared state.
 */
#ifndef PROXYWASM_CLI_HTTP_TEXT_H
#define PROXYWASM_CLI_HTTP_TEXT_H

#include "cli/simulator/simulator_fields.h"

/** A message. Zero-initialised is empty. Owns all of it. */
struct pw_http_message {
  /** Pseudo-headers first: ":method", ":scheme", ":authority", ":path" of a request (":authority" comes from the target
   *  or from Host, and is left out when there is neither), ":status" of a response. Then the fields in their order. */
  struct pw_fields headers;
  struct pw_bytes  body; /**< with chunks put together */
  struct pw_fields trailers;
  char             version[16]; /**< "HTTP/1.1" */
};

enum pw_http_kind { PW_HTTP_REQUEST, PW_HTTP_RESPONSE };

struct pw_http_text_options {
  enum pw_http_kind kind;
  const char       *file;       /**< for messages */
  const char       *scheme;     /**< ":scheme" of a request whose target has none; NULL: "http" */
  bool              lower_case; /**< names of fields become lower case, as HTTP/2 has them */
  bool              keep_host;  /**< Host stays beside ":authority", as modules see it in Traffic Server */
};

/**
 * Reads a message; `message` is empty before. The body is what Content-Length or chunked framing say, or else all the
 * rest. After a body of known length one line end may follow (editors add it).
 * Errors: CONFIGURATION, "FILE:LINE: what is wrong" (a bad first line, name, value, length, chunk; a body that is too
 * short or too long); MEMORY. `message` is empty then.
 */
bool pw_http_text_read(struct pw_view text, const struct pw_http_text_options *options, struct pw_http_message *message,
                       struct pw_error *error);
/**
 * One field, "Name: value" (or ":path: /x"), as on the command line or in a file: `name` and `value` are views into
 * `line`, with blanks around them gone. NULL, or a static message that says what is wrong with it.
 */
const char *pw_http_field_read(struct pw_view line, struct pw_view *name, struct pw_view *value);
void        pw_http_message_clear(struct pw_http_message *message);

#endif
