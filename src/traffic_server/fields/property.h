/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file property.h
 * The properties that Traffic Server can tell: see docs/reference/properties.md.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_PROPERTY_H
#define PROXYWASM_TRAFFIC_SERVER_PROPERTY_H

#include "traffic_server/compatibility.h"

#include <proxywasm/proxy.h>

struct pw_segment;

/** pw_proxy_ops.property_get and property_set. `stream` is a struct pw_segment, or NULL for a root context. */
enum pw_status pw_property_get(void *worker, void *stream, struct pw_view path, struct pw_bytes *value);
enum pw_status pw_property_set(void *worker, void *stream, struct pw_view path, struct pw_view value);

/** What a property function works on. */
struct pw_property_request {
  struct pw_segment *segment;
  TSHttpTxn          txn;
  struct pw_view     rest;   /**< of the path, after the property's own name: "x" in request.headers.x */
  int                detail; /**< of the table's row */
  struct pw_bytes   *value;  /**< to be appended to */
};

/** Answers OK; NOT_FOUND: there is none now; SERIALIZATION_FAILURE: memory is out. */
typedef enum pw_status (*pw_property_function)(const struct pw_property_request *request);

struct pw_property {
  const char          *path; /**< parts with '.' between */
  pw_property_function get;
  int                  detail;
};

/** Rows of the parts of the table. Static storage. */
extern const struct pw_property pw_connection_properties[];
extern const size_t             pw_connection_property_count;
extern const struct pw_property pw_http_properties[];
extern const size_t             pw_http_property_count;

/** Appending in the ABI's serialisation. */
enum pw_status pw_property_put_text(struct pw_bytes *value, struct pw_view text);
enum pw_status pw_property_put_number(struct pw_bytes *value, uint64_t number);
enum pw_status pw_property_put_bool(struct pw_bytes *value, bool flag);

#endif
