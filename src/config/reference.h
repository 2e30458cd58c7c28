/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file reference.h
 * The reference of the keys, as Markdown, from the tables that the reader uses.
 */
#ifndef PROXYWASM_CONFIG_REFERENCE_H
#define PROXYWASM_CONFIG_REFERENCE_H

#include "config/schema.h"

/** Appends a table with a row for each key of a schema. False: memory. */
bool pw_schema_reference(const struct pw_schema *schema, struct pw_bytes *markdown);

#endif
