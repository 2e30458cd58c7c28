/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a module's file that comes with precompiled code, and as such code itself. */
#include "engine/precompiled.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is in a section: texts end, and every refusal says why. */
static void
look(struct pw_view module, struct pw_view packed)
{
  struct pw_precompiled_note note;

  pw_precompiled_look(module, packed, &note);
  if ((!note.fits && note.error.message[0] == '\0') || (note.fits && !note.intact) ||
      memchr(note.identity.engine, '\0', sizeof note.identity.engine) == NULL ||
      memchr(note.identity.version, '\0', sizeof note.identity.version) == NULL) {
    abort();
  }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct pw_view             file  = pw_view_make(data, size);
  struct pw_precompiled_file parts = pw_precompiled_split(file);
  struct pw_view             packed;

  /* Both parts are the file, and the sections are read to their end. */
  if (parts.module.size + parts.sections.size != size) {
    abort();
  }
  while (pw_precompiled_next(&parts.sections, &packed)) {
    look(parts.module, packed);
  }
  if (parts.sections.size > 0) {
    abort();
  }
  look(file, file);
  return 0;
}
