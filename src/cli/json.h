/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file json.h
 * Writes one JSON document (RFC 8259) piece by piece to a stream, indented. Commas and line breaks come by themselves;
 * that keys and values alternate, and what is begun is ended, is the caller's care.
 */
#ifndef PROXYWASM_CLI_JSON_H
#define PROXYWASM_CLI_JSON_H

#include <stdio.h>

#include "cli/simulator/simulator_fields.h"

/** Set `out`, zero the rest. */
struct pw_json {
  FILE    *out;
  unsigned depth;
  bool     follows;   /**< private: something stands before in this object or array */
  bool     after_key; /**< private */
};

void pw_json_object_begin(struct pw_json *json);
void pw_json_object_end(struct pw_json *json);
void pw_json_array_begin(struct pw_json *json);
void pw_json_array_end(struct pw_json *json);
/** The next value's key. */
void pw_json_key(struct pw_json *json, const char *key);

/** Any bytes: as a string if they are UTF-8, else as {"base64": "..."}. */
void pw_json_bytes(struct pw_json *json, struct pw_view bytes);
/** A terminated string; NULL is null. What is not UTF-8 in it is replaced by U+FFFD. */
void pw_json_string(struct pw_json *json, const char *text);
void pw_json_integer(struct pw_json *json, int64_t number);
void pw_json_unsigned(struct pw_json *json, uint64_t number);
/** A number with a fraction, in ten digits; what is not finite is null. */
void pw_json_number(struct pw_json *json, double number);
void pw_json_boolean(struct pw_json *json, bool value);
void pw_json_null(struct pw_json *json);

/** Fields, as an array of arrays [name, value]: names may repeat, and their order counts. */
void pw_json_fields(struct pw_json *json, const struct pw_fields *fields);

/** The end of the document: a line end. */
void pw_json_finish(struct pw_json *json);

#endif
