/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file yaml.h
 * A YAML document, and the mistakes that were found in it.
 *
 * A document is hostile: its size and depth are limited, and since aliases make it a graph (which may be cyclic, or
 * unfold to billions of nodes), everybody who walks it pays for each node with pw_yaml_visit.
 */
#ifndef PROXYWASM_CONFIG_YAML_H
#define PROXYWASM_CONFIG_YAML_H

#include <proxywasm/types.h>
#include <yaml.h>

/** The largest text that is read. */
#define PW_YAML_BYTES (8U << 20)
/** The deepest nesting of a text. */
#define PW_YAML_NESTING 100
/** The deepest nesting of a value that becomes JSON, aliases written out. */
#define PW_YAML_DEPTH 64
/** The most anchors. */
#define PW_YAML_ANCHORS 1000
/** How many nodes may be visited, those reached through an alias counted each time. */
#define PW_YAML_VISITS 1000000

/** A mistake is remembered with its place; more than these are only counted. */
#define PW_YAML_MISTAKES 32

struct pw_yaml_mistake {
  size_t line;   /**< from 1 */
  size_t column; /**< from 1 */
  char   text[768];
};

struct pw_yaml {
  const char            *file;
  yaml_document_t        document;
  bool                   loaded;
  size_t                 visits;
  struct pw_yaml_mistake mistakes[PW_YAML_MISTAKES];
  size_t                 mistake_count; /**< may be more than PW_YAML_MISTAKES */
  bool                   out_of_memory;
  bool                   exhausted; /**< visits are used up */
};

/**
 * Reads a text that came from `file` (for messages; kept). Mistakes: those of libyaml with their place, an empty text,
 * more than one document, a text over PW_YAML_BYTES. Always to be ended with pw_yaml_end.
 * Answers the root node, or NULL after a mistake.
 */
yaml_node_t *pw_yaml_begin(struct pw_yaml *yaml, struct pw_view text, const char *file);
void         pw_yaml_end(struct pw_yaml *yaml);

/** Notes a mistake at a node (at the beginning of the file, if NULL). Control characters in the text are escaped. */
void pw_yaml_mistake(struct pw_yaml *yaml, const yaml_node_t *node, const char *format, ...)
  __attribute__((format(printf, 3, 4)));
/** True when there was none. Otherwise fills `error` (CONFIGURATION, or MEMORY): a line "FILE:LINE:COLUMN: text" for
 *  each one, in the order of the text; what does not fit is counted. */
bool pw_yaml_sound(struct pw_yaml *yaml, struct pw_error *error);

/** The node of an index; pays for it. NULL when the visits are used up, which is a mistake, noted once. */
yaml_node_t *pw_yaml_visit(struct pw_yaml *yaml, int index);

/** The bytes of a scalar. */
struct pw_view pw_yaml_scalar(const yaml_node_t *node);
/** A plain scalar that stands for nothing: empty, "~" or "null". */
bool pw_yaml_is_null(const yaml_node_t *node);
/** A scalar with the tag !!binary. */
bool pw_yaml_is_binary(const yaml_node_t *node);
/** "a mapping", "a list", "a value". */
const char *pw_yaml_kind(const yaml_node_t *node);

/** Bytes of the document for a message: cut after 40, and terminated. Returns `buffer`. */
#define PW_YAML_EXCERPT 64
const char *pw_yaml_excerpt(struct pw_view bytes, char buffer[PW_YAML_EXCERPT]);

/** Appends what base64 stands for; white space is skipped. False when it is none, or memory is out. */
bool pw_base64_decode(struct pw_view text, struct pw_bytes *bytes);

#endif
