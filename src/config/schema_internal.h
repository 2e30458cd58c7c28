/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file schema_internal.h
 * Reads single values for schema.c. Each one notes a mistake when the node is not of its kind, and leaves the target as
 * it was then.
 */
#ifndef PROXYWASM_CONFIG_SCHEMA_INTERNAL_H
#define PROXYWASM_CONFIG_SCHEMA_INTERNAL_H

#include "config/schema.h"

void pw_schema_read_bytes(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                          struct pw_view *bytes);
void pw_schema_read_configuration(struct pw_schema_reader *reader, const yaml_node_t *node,
                                  const struct pw_schema_path *path, struct pw_view *text);
void pw_schema_read_line(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                         struct pw_view *line);
void pw_schema_read_boolean(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                            bool *value);
/** `target` has key->width bytes. */
void pw_schema_read_number(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
                           const struct pw_schema_path *path, char *target);
void pw_schema_read_choice(struct pw_schema_reader *reader, const struct pw_schema_key *key, const yaml_node_t *node,
                           const struct pw_schema_path *path, int *value);
/** False: none of that name, in either case. */
bool pw_schema_find_choice(const struct pw_schema_choice *choices, struct pw_view text, int *value);

#endif
