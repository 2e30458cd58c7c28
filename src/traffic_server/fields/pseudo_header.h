/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pseudo_header.h
 * ":method", ":scheme", ":authority", ":path" and ":status", which Traffic Server keeps in the request line, the URL
 * and the status line.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_PSEUDO_HEADER_H
#define PROXYWASM_TRAFFIC_SERVER_PSEUDO_HEADER_H

#include "traffic_server/fields/header_map.h"

enum pw_pseudo_header {
  PW_PSEUDO_METHOD,
  PW_PSEUDO_SCHEME,
  PW_PSEUDO_AUTHORITY,
  PW_PSEUDO_PATH,
  PW_PSEUDO_STATUS,
  PW_PSEUDO_COUNT /**< none of them */
};

/** Those of a map are from `*first` to before `*end`. */
static inline void
pw_pseudo_headers_of(enum pw_map_type map, enum pw_pseudo_header *first, enum pw_pseudo_header *end)
{
  *first = map == PW_MAP_HTTP_REQUEST_HEADERS ? PW_PSEUDO_METHOD : PW_PSEUDO_STATUS;
  *end   = map == PW_MAP_HTTP_REQUEST_HEADERS ? PW_PSEUDO_STATUS : PW_PSEUDO_COUNT;
}
/** Whether a key is a pseudo-header at all: begins with ':'. */
static inline bool
pw_is_pseudo(struct pw_view key)
{
  return key.size > 0 && key.data[0] == ':';
}
/** The pseudo-header of a map with that name; PW_PSEUDO_COUNT: it has none such. */
enum pw_pseudo_header pw_pseudo_header_find(enum pw_map_type map, struct pw_view key);
struct pw_view        pw_pseudo_header_name(enum pw_pseudo_header pseudo);

/** Which of pw_pseudo_values are present ones. Small, as it is cleared at each hook. */
struct pw_pseudo_known {
  bool    request;
  uint8_t response_of; /**< the enum pw_transaction_phase whose response it is; 0: not known */
  bool    path;
  bool    authority;
};

/** What is not asked of the server twice: where its headers are, and values that are nowhere in one piece and are
 *  composed when they are asked for. Zero-initialised is empty. */
struct pw_pseudo_values {
  struct pw_pseudo_known known;
  char                   status[4];
  struct pw_header       request;
  struct pw_header       response;
  struct pw_bytes        path;
  struct pw_bytes        authority;
};

/** The header was changed, by a module or by the server. */
static inline void
pw_pseudo_values_forget(struct pw_pseudo_values *values)
{
  memset(&values->known, 0, sizeof(values->known));
}
void pw_pseudo_values_free(struct pw_pseudo_values *values);

/** Its value; empty when there is none (no path in CONNECT). The bytes live until the header is changed. False: memory
 *  is out. */
bool pw_pseudo_header_get(struct pw_transaction *transaction, const struct pw_header *header,
                          enum pw_pseudo_header pseudo, struct pw_view *value);
/** OK; BAD_ARGUMENT: no value for it, or one that the server cannot take at this point. */
enum pw_status pw_pseudo_header_set(struct pw_transaction *transaction, const struct pw_header *header,
                                    enum pw_pseudo_header pseudo, struct pw_view value);
/** Whether pw_pseudo_header_set would take it. */
enum pw_status pw_pseudo_header_check(struct pw_transaction *transaction, const struct pw_header *header,
                                      enum pw_pseudo_header pseudo, struct pw_view value);

#endif
