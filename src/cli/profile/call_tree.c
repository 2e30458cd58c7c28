/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile/call_tree.h"

#include <stdlib.h>

#define FAILED UINT32_MAX

static bool
make_room(void **items, size_t *capacity, size_t count, size_t size)
{
  if (count < *capacity) {
    return true;
  }
  size_t more  = *capacity == 0 ? 256 : *capacity * 2;
  void  *grown = realloc(*items, more * size);
  if (grown == NULL) {
    return false;
  }
  *items    = grown;
  *capacity = more;
  return true;
}

static bool
is_name(const struct pw_tree_name *name, const struct pw_frame *frame)
{
  return name->kind == frame->kind && pw_view_equal(pw_view_of(name->text), frame->name);
}

static uint32_t
add_name(struct pw_call_tree *tree, const struct pw_frame *frame)
{
  for (size_t i = 0; i < tree->name_count; i++) {
    if (is_name(&tree->names[i], frame)) {
      return (uint32_t)i;
    }
  }
  void *names = tree->names;
  char *text  = strndup(frame->name.data, frame->name.size);
  bool  room  = text != NULL && make_room(&names, &tree->name_capacity, tree->name_count, sizeof(*tree->names));
  tree->names = names;
  if (!room) {
    free(text);
    return FAILED;
  }
  tree->names[tree->name_count] = (struct pw_tree_name){.text = text, .kind = frame->kind};
  return (uint32_t)tree->name_count++;
}

static uint32_t
add_node(struct pw_call_tree *tree, uint32_t parent, uint32_t name)
{
  void *nodes = tree->nodes;
  bool  room  = make_room(&nodes, &tree->node_capacity, tree->node_count, sizeof(*tree->nodes));
  tree->nodes = nodes;
  if (!room || tree->node_count >= FAILED) {
    return FAILED;
  }
  uint32_t node     = (uint32_t)tree->node_count++;
  tree->nodes[node] = (struct pw_tree_node){.name = name, .parent = parent};
  if (node > 0) {
    tree->nodes[node].next    = tree->nodes[parent].first;
    tree->nodes[parent].first = node;
  }
  return node;
}

/* The child that the frame leads to; names are compared only where there is no such child yet. */
static uint32_t
child_of(struct pw_call_tree *tree, uint32_t parent, const struct pw_frame *frame)
{
  for (uint32_t at = tree->nodes[parent].first; at != 0; at = tree->nodes[at].next) {
    if (is_name(&tree->names[tree->nodes[at].name], frame)) {
      return at;
    }
  }
  uint32_t name = add_name(tree, frame);
  return name == FAILED ? FAILED : add_node(tree, parent, name);
}

bool
pw_call_tree_add(struct pw_call_tree *tree, const struct pw_stack *stack)
{
  uint32_t node = 0;
  if (tree->node_count == 0 && add_node(tree, 0, 0) == FAILED) {
    return false;
  }
  for (size_t i = stack->count; i-- > 0;) {
    node = child_of(tree, node, &stack->frames[i]);
    if (node == FAILED) {
      return false;
    }
  }
  tree->nodes[node].self++;
  return true;
}

uint64_t
pw_call_tree_total(const struct pw_call_tree *tree)
{
  return tree->node_count > 0 ? tree->nodes[0].total : 0;
}

/* -------------------------------------------------------------------------------------------------------- finishing */

static int
order(const struct pw_call_tree *tree, uint32_t a, uint32_t b)
{
  const struct pw_tree_name *x        = &tree->names[tree->nodes[a].name];
  const struct pw_tree_name *y        = &tree->names[tree->nodes[b].name];
  int                        compared = strcmp(x->text, y->text);
  return compared != 0 ? compared : (int)x->kind - (int)y->kind;
}

static void
sort_children(struct pw_call_tree *tree, uint32_t node)
{
  uint32_t sorted = 0;
  uint32_t at     = tree->nodes[node].first;
  while (at != 0) {
    uint32_t  next  = tree->nodes[at].next;
    uint32_t *place = &sorted;
    while (*place != 0 && order(tree, *place, at) <= 0) {
      place = &tree->nodes[*place].next;
    }
    tree->nodes[at].next = *place;
    *place               = at;
    at                   = next;
  }
  tree->nodes[node].first = sorted;
}

/* What a function takes in all: each sample once, though a function may be on the path more than once. Without
 * recursion of ours: the tree may be deep. */
static void
sum_names(struct pw_call_tree *tree)
{
  uint32_t at = tree->nodes[0].first;
  while (at != 0) {
    struct pw_tree_node *node = &tree->nodes[at];
    struct pw_tree_name *name = &tree->names[node->name];
    name->self += node->self;
    name->total += name->on_path++ == 0 ? node->total : 0;
    if (node->first != 0) {
      at = node->first;
      continue;
    }
    while (at != 0) {
      tree->names[tree->nodes[at].name].on_path--;
      if (tree->nodes[at].next != 0) {
        at = tree->nodes[at].next;
        break;
      }
      at = tree->nodes[at].parent;
    }
  }
}

void
pw_call_tree_finish(struct pw_call_tree *tree)
{
  if (tree->node_count == 0) {
    return;
  }
  for (size_t i = 0; i < tree->node_count; i++) {
    tree->nodes[i].total = tree->nodes[i].self;
    sort_children(tree, (uint32_t)i);
  }
  for (size_t i = tree->node_count; i-- > 1;) {
    tree->nodes[tree->nodes[i].parent].total += tree->nodes[i].total;
  }
  sum_names(tree);
}

void
pw_call_tree_clear(struct pw_call_tree *tree)
{
  for (size_t i = 0; i < tree->name_count; i++) {
    free(tree->names[i].text);
  }
  free(tree->names);
  free(tree->nodes);
  *tree = (struct pw_call_tree){0};
}
