/* SPDX-License-Identifier: Apache-2.0 */
/* What there is in a valid module, for who changes it. */
#include "internal.h"

#include <stdlib.h>

static size_t
offset_of(const struct pw_validation *v, const uint8_t *at)
{
  return (size_t)(at - v->begin);
}

bool
pw_note_function(struct pw_validation *v, const struct pw_valid_signature *type)
{
  struct pw_valid_notes *notes = v->notes;
  void                  *array = notes ? notes->functions : NULL;

  if (!notes) {
    return true;
  }
  if (!pw_reserve(v, &array, notes->function_count, &notes->function_capacity, sizeof *notes->functions)) {
    return false;
  }
  notes->functions = array;
  v->function      = &notes->functions[notes->function_count++];
  *v->function     = (struct pw_valid_function){.begin        = offset_of(v, v->at),
                                                .end          = offset_of(v, v->end),
                                                .results      = type->results.count ? offset_of(v, type->results.at) : 0,
                                                .result_count = type->results.count};
  return true;
}

bool
pw_note_place(struct pw_validation *v, enum pw_valid_place_kind kind, const uint8_t *begin, uint32_t number)
{
  struct pw_valid_notes *notes = v->notes;
  void                  *array = notes ? notes->places : NULL;

  if (!notes) {
    return true;
  }
  if (!pw_reserve(v, &array, notes->place_count, &notes->place_capacity, sizeof *notes->places)) {
    return false;
  }
  notes->places = array;
  notes->places[notes->place_count++] =
    (struct pw_valid_place){.kind = kind, .begin = offset_of(v, begin), .end = offset_of(v, v->at), .number = number};
  v->function->place_count++;
  return true;
}

void
pw_note_table_change(struct pw_validation *v)
{
  if (v->notes) {
    v->notes->changes_tables = true;
  }
}

static bool
note_globals(struct pw_validation *v)
{
  struct pw_valid_notes *notes = v->notes;

  notes->mutable_globals = malloc((v->global_count + (size_t)1) * sizeof *notes->mutable_globals);
  if (!notes->mutable_globals) {
    return pw_no_memory(v);
  }
  for (uint32_t i = v->imported_globals; i < v->global_count; i++) {
    uint8_t type = v->globals[i].type;

    if (v->globals[i].is_mutable) {
      notes->mutable_globals[notes->mutable_global_count++] = i;
      notes->keeps_references = notes->keeps_references || type == PW_TYPE_FUNCREF || type == PW_TYPE_EXTERNREF;
    }
  }
  return true;
}

bool
pw_note_module(struct pw_validation *v)
{
  if (!v->notes) {
    return true;
  }
  v->notes->imported_functions = v->imported_functions;
  v->notes->type_count         = v->type_count;
  v->notes->table_count        = v->table_count;
  v->notes->memory_count       = v->memory_count;
  v->notes->global_count       = v->global_count;
  return note_globals(v);
}

void
pw_valid_notes_clear(struct pw_valid_notes *notes)
{
  free(notes->functions);
  free(notes->places);
  free(notes->mutable_globals);
  memset(notes, 0, sizeof *notes);
}
