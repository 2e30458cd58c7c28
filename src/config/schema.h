/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file schema.h
 * Reads YAML mappings into structs by tables of keys. The tables are the one place that says which keys there are: the
 * reader, its messages ("did you mean"), and the reference in docs/ come from them.
 */
#ifndef PROXYWASM_CONFIG_SCHEMA_H
#define PROXYWASM_CONFIG_SCHEMA_H

#include "config/arena.h"
#include "config/yaml.h"

/** What is wrong with a value, or NULL. */
typedef const char *pw_value_problem;

enum pw_schema_type {
  PW_SCHEMA_BYTES,         /**< scalar of any bytes, !!binary decoded: struct pw_view */
  PW_SCHEMA_CONFIGURATION, /**< the same, or a mapping or list, which becomes JSON: struct pw_view */
  PW_SCHEMA_LINE,          /**< scalar without control characters: struct pw_view, and a NUL behind it */
  PW_SCHEMA_STRING,        /**< likewise: const char * */
  PW_SCHEMA_BOOLEAN,       /**< bool */
  PW_SCHEMA_NUMBER,        /**< whole number */
  PW_SCHEMA_SIZE,          /**< bytes, "64KiB" */
  PW_SCHEMA_DURATION,      /**< milliseconds, "100ms", "10s" */
  PW_SCHEMA_CHOICE,        /**< one of `choices`, in either case: int */
  PW_SCHEMA_MAPPING,       /**< mapping of keys: the fields are in the same struct or one within it */
  PW_SCHEMA_LIST,          /**< list of such mappings: struct pw_schema_list */
  PW_SCHEMA_NAMED,         /**< mapping of lines to such mappings: struct pw_schema_list of structs that begin with a
                                struct pw_view for the name */
  PW_SCHEMA_NAMES,         /**< list of lines, or mapping whose keys count: struct pw_schema_list of struct pw_view */
  PW_SCHEMA_VALUES,        /**< list of scalars of any bytes: struct pw_schema_list of struct pw_view */
  PW_SCHEMA_PAIRS          /**< mapping of line to scalar: struct pw_schema_list of struct pw_pair */
};

struct pw_schema_list {
  void  *items; /**< in the arena */
  size_t count;
};

struct pw_schema_choice {
  const char *name;
  int         value;
};

struct pw_schema;

/** Fields of the struct are named by their offsets. 0 in `given` means none: such a bool cannot come first in it. */
struct pw_schema_key {
  const char                    *name;
  const char                    *other_name; /**< another spelling, or NULL */
  enum pw_schema_type            type;
  size_t                         offset;
  size_t                         width;            /**< of a number: 4 or 8 bytes */
  size_t                         given;            /**< offset of a bool that tells whether the key was there */
  uint64_t                       minimum, maximum; /**< of a number; maximum 0: all that fits */
  const struct pw_schema        *mapping;
  const struct pw_schema_choice *choices;                  /**< ends with a NULL name */
  pw_value_problem (*name_problem)(struct pw_view name);   /**< of each name of NAMES and PAIRS; NULL: any will do */
  pw_value_problem (*value_problem)(struct pw_view value); /**< of a STRING, and each value of PAIRS, likewise */
  const char *preset; /**< the default as text; applied to booleans and choices, for the reader's eyes otherwise */
  bool        required;
  const char *meaning; /**< for the reference, one line of Markdown */
};

struct pw_schema_reader;
/** Where a key is: for messages. */
struct pw_schema_path {
  const struct pw_schema_path *parent;
  const char                  *name;
  size_t                       index; /**< in a list, from 1; 0: none */
};

struct pw_schema {
  const struct pw_schema_key *keys; /**< ends with a NULL name */
  size_t                      size; /**< of the struct; used for items of lists */
  size_t                      line; /**< offset of an unsigned that takes the mapping's line; 0: none */
  /** Looks at what was read as a whole, and may add to it; NULL: nothing to do. */
  void (*finish)(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                 void *target);
};

struct pw_schema_reader {
  struct pw_yaml  *yaml;
  struct pw_arena *arena;
};

/**
 * Reads a mapping into a zeroed struct. Mistakes are noted in the reader's document; the struct is then as complete as
 * it can be, and safe to look at. `path` names the mapping in messages; NULL for the root.
 */
void pw_schema_read(struct pw_schema_reader *reader, const struct pw_schema *schema, const yaml_node_t *node,
                    const struct pw_schema_path *path, void *target);

/** Notes a mistake about the key at `path`: "key 'config.name': …". */
void pw_schema_mistake(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/** "config.plugins[2].name" into `buffer`; always terminated. */
void pw_schema_path_text(const struct pw_schema_path *path, char *buffer, size_t size);

/** Told of a key. `path` is "config.vm_config.runtime"; lists have "[]" behind their name. `same_as`: its keys were
 *  told before, under that path; NULL: they were not, or it has none. */
typedef void (*pw_schema_visit)(void *data, const char *path, const struct pw_schema_key *key, const char *same_as);
/** Calls `visit` for every key, depth first, in the table's order. */
void pw_schema_walk(const struct pw_schema *schema, pw_schema_visit visit, void *data);
/** "text", "size", "list of names" …: for the reference. Static. */
const char *pw_schema_type_name(enum pw_schema_type type);

/* ------------------------------------------------------------------------------------------------------- for values */

/** "true", "yes", "on" and their opposites, in lower case, upper case, or with a capital. */
bool pw_value_boolean(struct pw_view text, bool *value);
enum pw_value_unit { PW_VALUE_PLAIN, PW_VALUE_BYTES, PW_VALUE_MILLISECONDS };
/** A whole number, with a unit if there are any. */
pw_value_problem pw_value_number(struct pw_view text, enum pw_value_unit unit, uint64_t *value);
/** "256 MiB", "100 ms", "7": as it would be written, into `buffer`. Returns `buffer`. */
const char *pw_value_number_text(uint64_t value, enum pw_value_unit unit, char *buffer, size_t size);

/** Appends a node as JSON text. Mistakes are noted: too deep, too large, keys that are no scalars or stand twice. */
void pw_json_from_yaml(struct pw_schema_reader *reader, const yaml_node_t *node, const struct pw_schema_path *path,
                       struct pw_bytes *json);

#endif
