/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char notes[4096];

void
note(const char *format, ...)
{
  size_t  used = strlen(notes);
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(notes + used, sizeof(notes) - used, format, arguments);
  va_end(arguments);
}

void
notes_clear(void)
{
  notes[0] = '\0';
}
