/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suite_input.h
 * What a suite lets come: headers and bodies, written as lists, as text, or in files.
 */
#ifndef PROXYWASM_CLI_SUITE_INPUT_H
#define PROXYWASM_CLI_SUITE_INPUT_H

#include "cli/http_text.h"
#include "cli/suite/suite.h"

/** Headers; `fields` is empty before. With `content` and `file`, `body` (may be NULL) takes what stands behind the
 *  headers. Errors: FILE, CONFIGURATION (with the file's line), MEMORY. */
bool pw_suite_input_headers(const struct pw_suite *suite, const struct pw_suite_input *input, enum pw_http_kind kind,
                            struct pw_fields *fields, struct pw_bytes *body, struct pw_error *error);
/** Trailers: `header` only; `content` and `file` are lines "name: value". */
bool pw_suite_input_trailers(const struct pw_suite *suite, const struct pw_suite_input *input, struct pw_fields *fields,
                             struct pw_error *error);
/** A body; `body` is empty before. Errors: FILE, MEMORY. */
bool pw_suite_input_body(const struct pw_suite *suite, const struct pw_suite_input *input, struct pw_bytes *body,
                         struct pw_error *error);
/** A list of struct pw_suite_header as fields. False: memory. */
bool pw_suite_fields(const struct pw_schema_list *headers, struct pw_fields *fields);
/** All fields of one name made one, joined with ", " (RFC 9110, 5.3), in the place of the first. False: memory. */
bool pw_suite_join(const struct pw_fields *fields, struct pw_fields *joined);
/** The whole content of a file beside the suite. */
bool pw_suite_read_beside(const struct pw_suite *suite, const char *file, struct pw_bytes *bytes,
                          struct pw_error *error);

#endif
