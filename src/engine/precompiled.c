/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled code at the end of a module's file: finding it, and putting it there. */
#include "engine/precompiled.h"

#include "module/module_sections.h"

static bool
is_ours(struct pw_module_reader *reader, const struct pw_module_section *section)
{
  static const char name[] = PW_PRECOMPILED_SECTION;
  struct pw_view    bytes;

  if (section->id != PW_MODULE_SECTION_CUSTOM || pw_module_read_u32(reader) != sizeof name - 1) {
    return false;
  }
  bytes = pw_module_read_bytes(reader, sizeof name - 1);
  return !reader->failed && memcmp(bytes.data, name, sizeof name - 1) == 0;
}

struct pw_precompiled_file
pw_precompiled_split(struct pw_view file)
{
  struct pw_precompiled_file parts = {.module = file};
  size_t                     begin = file.size; /* of the last row of sections of ours */
  struct pw_module_reader    reader;
  struct pw_module_section   section;

  if (!pw_module_sections_begin(&reader, file, NULL)) {
    return parts;
  }
  while (pw_module_section_next(&reader, file.size, &section)) {
    if (!is_ours(&reader, &section)) {
      begin = file.size;
    } else if (begin == file.size) {
      begin = section.begin;
    }
    /* A custom section whose name is broken is for others to complain of. */
    reader.failed   = false;
    reader.position = section.end;
  }
  if (!reader.failed) {
    parts.module   = pw_view_make(file.data, begin);
    parts.sections = pw_view_make(file.data + begin, file.size - begin);
  }
  return parts;
}

bool
pw_precompiled_next(struct pw_view *sections, struct pw_view *packed)
{
  struct pw_module_reader  reader = {.bytes = (const uint8_t *)sections->data, .end = sections->size, .section = -1};
  struct pw_module_section section;

  if (!pw_module_section_next(&reader, sections->size, &section) || !is_ours(&reader, &section)) {
    return false;
  }
  *packed   = pw_view_make(sections->data + reader.position, section.end - reader.position);
  *sections = pw_view_make(sections->data + section.end, sections->size - section.end);
  return true;
}

/* ---- looking ---- */

void
pw_precompiled_look(struct pw_view module, struct pw_view packed, struct pw_precompiled_note *note)
{
  struct pw_code_identity hashed;
  struct pw_view          content;

  memset(note, 0, sizeof *note);
  note->known = pw_code_made_for(packed, &note->identity);
  /* It fits itself: what is left to be found is whether it is whole. */
  note->intact = pw_code_unpack(&note->identity, packed, &content, &note->error);
  if (note->intact) {
    note->fits = pw_code_hash(module, hashed.code_hash, &note->error) &&
                 (memcmp(hashed.code_hash, note->identity.code_hash, sizeof hashed.code_hash) == 0 ||
                  pw_error_set(&note->error, PW_ERROR_ENGINE,
                               "it was compiled from another module, or the module was changed since"));
  }
}

/* ---- adding ---- */

static bool
append_section(struct pw_view packed, struct pw_bytes *out, struct pw_error *error)
{
  static const char name[] = PW_PRECOMPILED_SECTION;
  /* The id, and the sizes of section and name: numbers of 7 bits a byte. */
  uint64_t      size    = 1 + sizeof name - 1 + packed.size;
  unsigned char head[6] = {PW_MODULE_SECTION_CUSTOM};
  unsigned char length  = sizeof name - 1;

  if (size > UINT32_MAX) {
    return pw_error_set(error, PW_ERROR_ENGINE, "compiled code of %zu bytes is too large for a section", packed.size);
  }
  for (size_t i = 1; i < sizeof head; i++) {
    head[i] = (unsigned char)((size >> (7 * (i - 1)) & 0x7f) | (i < sizeof head - 1 ? 0x80 : 0));
  }
  return (pw_bytes_append(out, head, sizeof head) && pw_bytes_append(out, &length, 1) &&
          pw_bytes_append(out, name, sizeof name - 1) && pw_bytes_append(out, packed.data, packed.size)) ||
         pw_error_set(error, PW_ERROR_MEMORY, "compiled code of %zu bytes", packed.size);
}

/* Of an engine and settings there is one: older ones could not be used any more. */
static bool
is_replaced_by(struct pw_view packed, const struct pw_code_identity *wanted)
{
  struct pw_code_identity found;

  return pw_code_made_for(packed, &found) && strcmp(found.engine, wanted->engine) == 0 &&
         strcmp(found.architecture, wanted->architecture) == 0 && found.stack_bytes == wanted->stack_bytes &&
         found.profile == wanted->profile && found.images == wanted->images;
}

static bool
append_others(struct pw_view sections, const struct pw_code_identity *wanted, struct pw_bytes *out,
              struct pw_error *error)
{
  struct pw_view packed;

  while (pw_precompiled_next(&sections, &packed)) {
    if (!is_replaced_by(packed, wanted) && !append_section(packed, out, error)) {
      return false;
    }
  }
  return true;
}

/* The engine's bytes, once it has taken them back: what is shipped was loaded once. */
static bool
make_code(const struct pw_engine_ops *ops, struct pw_engine *engine, struct pw_view module, struct pw_bytes *out,
          struct pw_error *error)
{
  struct pw_compiled_module *compiled = ops->module_compile(engine, module, error);
  struct pw_compiled_module *again    = NULL;

  if (compiled && ops->module_serialize(compiled, out, error)) {
    again = ops->module_deserialize(engine, pw_bytes_view(out), module, error);
  }
  ops->module_delete(compiled);
  ops->module_delete(again);
  return again != NULL;
}

bool
pw_precompiled_add(const struct pw_engine_ops *ops, struct pw_engine *engine, const struct pw_engine_settings *settings,
                   struct pw_view file, struct pw_bytes *out, size_t *added, struct pw_error *error)
{
  struct pw_precompiled_file parts  = pw_precompiled_split(file);
  struct pw_bytes            code   = {0};
  struct pw_bytes            packed = {0};
  struct pw_code_identity    identity;
  bool                       done;

  if (!ops->module_serialize || !ops->module_deserialize) {
    return pw_error_set(error, PW_ERROR_ENGINE, "engine '%s' has no compiled code: it interprets", ops->name);
  }
  done = pw_code_identify(ops, settings, parts.module, false, &identity, error) &&
         make_code(ops, engine, parts.module, &code, error) &&
         pw_code_pack(&identity, pw_bytes_view(&code), &packed, error) &&
         (pw_bytes_append(out, parts.module.data, parts.module.size) ||
          pw_error_set(error, PW_ERROR_MEMORY, "module of %zu bytes", parts.module.size)) &&
         append_others(parts.sections, &identity, out, error) && append_section(pw_bytes_view(&packed), out, error);
  *added = code.size;
  pw_bytes_clear(&code);
  pw_bytes_clear(&packed);
  return done;
}
