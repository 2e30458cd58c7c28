/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile/sample_stack.h"

#include <string.h>

/* Bytes in which every function has made its frame. */
#define PROLOGUE 8

/** A stack that is being followed. */
struct walk {
  const struct pw_sample   *sample;
  const struct pw_code_map *map;
  struct pw_stack          *stack;
};

static void
push(const struct walk *walk, struct pw_view name, enum pw_frame_kind kind)
{
  if (walk->stack->count < PW_STACK_FRAMES) {
    walk->stack->frames[walk->stack->count++] = (struct pw_frame){name, kind};
  }
}

static void
push_code(const struct walk *walk, const struct pw_code_range *range)
{
  /* The frames below the callbacks and hostcalls may be left out, but never those. */
  if (walk->stack->count >= PW_STACK_FRAMES - PW_SAMPLE_MARKS - 2) {
    walk->stack->cut = true;
  } else if (!range->glue) {
    push(walk, pw_view_of(range->name), range->name[0] == '[' ? PW_FRAME_ENGINE : PW_FRAME_FUNCTION);
  }
}

/* A word of the stack, if it was copied. */
static bool
read_word(const struct walk *walk, uintptr_t address, uintptr_t *word)
{
  const struct pw_sample *sample = walk->sample;
  if (address < sample->stack || address - sample->stack + sizeof(*word) > sample->size ||
      address % sizeof(*word) != 0) {
    return false;
  }
  memcpy(word, sample->bytes + (address - sample->stack), sizeof(*word));
  return true;
}

/* What called the function whose frame that is. A call is the last instruction before the address that it returns to:
 * the function may end there. */
static const struct pw_code_range *
caller_of(const struct walk *walk, uintptr_t frame)
{
  uintptr_t address;
  return read_word(walk, frame + sizeof(uintptr_t), &address) ? pw_code_map_find(walk->map, address - 1) : NULL;
}

/* Whether a frame lies beyond the part of the stack that was copied. */
static bool
is_beyond(const struct walk *walk, uintptr_t frame)
{
  const struct pw_sample *sample = walk->sample;
  return sample->size == PW_SAMPLE_STACK && frame >= sample->stack &&
         frame - sample->stack + 2 * sizeof(uintptr_t) > sample->size;
}

/* From frame to frame, as long as it is the module's code that called. Answers the outermost frame that there is. */
static uintptr_t
follow(const struct walk *walk, uintptr_t frame, uintptr_t limit, bool pushes)
{
  const struct pw_code_range *caller;
  uintptr_t                   next;
  while (frame < limit && (caller = caller_of(walk, frame)) != NULL) {
    if (pushes) {
      push_code(walk, caller);
    }
    if (!read_word(walk, frame, &next) || next <= frame) {
      break;
    }
    frame = next;
  }
  return frame;
}

/* How the host has called the function whose frame that is, for a callback. */
static bool
entry_at(const struct walk *walk, uintptr_t frame, const struct pw_mark *callback, struct pw_stack_entry *entry)
{
  entry->callback = callback->name;
  entry->distance = callback->frame - frame;
  return frame < callback->frame && read_word(walk, frame + sizeof(uintptr_t), &entry->address);
}

static bool
is_known(const struct pw_stack *stack, const struct pw_stack_entry *entry)
{
  for (size_t i = 0; i < stack->entry_count; i++) {
    const struct pw_stack_entry *known = &stack->entries[i];
    if (known->callback == entry->callback && known->address == entry->address && known->distance == entry->distance) {
      return true;
    }
  }
  return false;
}

static void
learn(const struct walk *walk, uintptr_t outermost, const struct pw_mark *callback)
{
  struct pw_stack      *stack = walk->stack;
  struct pw_stack_entry entry;
  if (entry_at(walk, outermost, callback, &entry) && !is_known(stack, &entry) &&
      stack->entry_count < PW_STACK_ENTRIES) {
    stack->entries[stack->entry_count++] = entry;
  }
}

/* Where module code has called the host, there stands the address that it goes on at, and below it the frame pointer
 * that the callee has put there. Looked for upwards from `from`. What host code has not written to may still hold such
 * words from earlier calls: only what leads to the place from which the host calls modules is under way now (or, from a
 * hostcall's mark, what leads beyond what was copied). */
static void
find_and_follow(const struct walk *walk, uintptr_t from, const struct pw_mark *callback)
{
  uintptr_t limit = callback->frame;
  for (uintptr_t at = (from + 7) & ~(uintptr_t)7; at + 8 < limit && at - from < PW_SAMPLE_STACK; at += 8) {
    struct pw_stack_entry entry;
    if (caller_of(walk, at) == NULL) {
      continue;
    }
    uintptr_t outermost = follow(walk, at, limit, false);
    bool      beyond    = from != walk->sample->stack && outermost < limit && is_beyond(walk, outermost);
    if (beyond || (entry_at(walk, outermost, callback, &entry) && is_known(walk->stack, &entry))) {
      walk->stack->cut |= beyond;
      follow(walk, at, limit, true);
      return;
    }
  }
}

/* The function that was interrupted, and those that called it. In its first instructions, and in the one that returns,
 * it has no frame (yet, or any more): its caller is at the top of the stack. */
static uintptr_t
follow_interrupted(const struct walk *walk, const struct pw_code_range *code, uintptr_t limit)
{
  const struct pw_sample *sample = walk->sample;
  uintptr_t               offset = sample->instruction - code->begin;
  uintptr_t               top    = 0;
  push_code(walk, code);
#if defined(__x86_64__)
  if (offset == 0 || sample->at_return) {
    top = sample->stack;
  } else if (offset < 4) {
    top = sample->stack + sizeof(uintptr_t); /* the frame pointer was pushed, and not yet set */
  }
#else
  (void)offset;
#endif
  const struct pw_code_range *caller = top != 0 ? caller_of(walk, top - sizeof(uintptr_t)) : NULL;
  if (caller != NULL) {
    push_code(walk, caller);
  }
  return follow(walk, sample->frame, limit, true);
}

void
pw_sample_stack(const struct pw_sample *sample, const struct pw_code_map *map, struct pw_stack *stack)
{
  const struct walk           walk  = {sample, map, stack};
  const struct pw_code_range *code  = pw_code_map_find(map, sample->instruction);
  size_t                      marks = sample->mark_count;
  stack->count                      = 0;
  stack->cut                        = false;
  if (marks == 0) {
    return;
  }
  const struct pw_mark *innermost = &sample->marks[marks - 1];
  if (code != NULL) {
    uintptr_t outermost = follow_interrupted(&walk, code, innermost->frame);
    stack->cut |= outermost < innermost->frame && is_beyond(&walk, outermost);
    /* Not in a function's first instructions or its last one: the frame pointer is not its own there. */
    if (!innermost->hostcall && !sample->at_return && sample->instruction - code->begin >= PROLOGUE) {
      learn(&walk, outermost, innermost);
    }
  } else if (!innermost->hostcall) {
    /* The engine, in the service of an instruction, or on the way in or out. */
    find_and_follow(&walk, sample->stack, innermost);
  }
  for (size_t i = marks; i-- > 0;) {
    const struct pw_mark *mark = &sample->marks[i];
    if (stack->cut && !mark->hostcall) {
      push(&walk, pw_view_of("[callers left out]"), PW_FRAME_ENGINE);
      stack->cut = false;
    }
    push(&walk, pw_view_of(mark->name), mark->hostcall ? PW_FRAME_HOSTCALL : PW_FRAME_CALLBACK);
    if (mark->hostcall && i > 0) {
      find_and_follow(&walk, mark->frame, &sample->marks[i - 1]);
    }
  }
  const struct pw_plugin *plugin = sample->marks[0].plugin;
  if (plugin != NULL && pw_plugin_configuration(plugin)->name.size > 0) {
    push(&walk, pw_plugin_configuration(plugin)->name, PW_FRAME_PLUGIN);
  }
}

void
pw_sample_stack_learn(const struct pw_sample *sample, const struct pw_code_map *map, struct pw_stack *stack)
{
  const struct walk     walk = {sample, map, stack};
  const struct pw_mark *callback;
  if (sample->mark_count != 2 || !sample->marks[1].hostcall) {
    return;
  }
  callback = &sample->marks[0];
  for (uintptr_t at = (sample->marks[1].frame + 7) & ~(uintptr_t)7; at + 8 < callback->frame; at += 8) {
    const struct pw_code_range *caller = caller_of(&walk, at);
    uintptr_t                   frame;
    /* The engine's own code may call what keeps no frame pointer; the module's functions call nothing like it. */
    if (caller != NULL && !caller->glue && read_word(&walk, at, &frame) && frame > at && frame < callback->frame) {
      learn(&walk, follow(&walk, at, callback->frame, false), callback);
      return;
    }
  }
}
