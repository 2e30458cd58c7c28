/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file call_tree.h
 * Many stacks as one tree: who was called from where, and how often that was seen.
 */
#ifndef PROXYWASM_CLI_CALL_TREE_H
#define PROXYWASM_CLI_CALL_TREE_H

#include <stdio.h>

#include "cli/profile/sample_stack.h"

/** A function, by name and kind; or a callback, a hostcall, a plugin. */
struct pw_tree_name {
  char              *text;
  enum pw_frame_kind kind;
  uint64_t           self;    /**< samples in it itself */
  uint64_t           total;   /**< samples in it, or in what it called */
  unsigned           on_path; /**< private */
};

/** Nodes are numbers; 0 is the root, which has no name. A node comes after its parent. */
struct pw_tree_node {
  uint32_t name;
  uint32_t parent;
  uint32_t first; /**< child, 0: none */
  uint32_t next;  /**< sibling, 0: none */
  uint64_t self;
  uint64_t total; /**< set by pw_call_tree_finish */
};

/** Zero-initialised is empty. */
struct pw_call_tree {
  struct pw_tree_name *names;
  size_t               name_count;
  size_t               name_capacity;
  struct pw_tree_node *nodes;
  size_t               node_count;
  size_t               node_capacity;
};

/** False: memory. The text of names is copied. */
bool pw_call_tree_add(struct pw_call_tree *tree, const struct pw_stack *stack);
/** After the last one: sums up, and puts siblings in the order of their names. */
void pw_call_tree_finish(struct pw_call_tree *tree);
/** All samples. */
uint64_t pw_call_tree_total(const struct pw_call_tree *tree);
void     pw_call_tree_clear(struct pw_call_tree *tree);

/* profile_text.c, flame_graph.c: ways to show it, once it is finished. */

/** What a profile says beside its tree. */
struct pw_profile_facts {
  const char              *title; /**< the module's file, or that of the configuration */
  const char              *engine;
  struct pw_sampler_counts counts;
  uint64_t                 streams;
  double                   seconds;
  uint32_t                 interval_microseconds;
};

/** A table of functions, those first that take the most themselves. */
void pw_profile_print_text(FILE *out, const struct pw_call_tree *tree, const struct pw_profile_facts *facts);
/** One line for each stack: "outer;inner 12", as tools for flame graphs read it. */
void pw_profile_print_folded(FILE *out, const struct pw_call_tree *tree);
/** An SVG that needs nothing else. */
void pw_profile_print_flame_graph(FILE *out, const struct pw_call_tree *tree, const struct pw_profile_facts *facts);

#endif
