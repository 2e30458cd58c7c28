/* SPDX-License-Identifier: Apache-2.0 */
#include "config/reference.h"

#include <stdio.h>

struct writer {
  struct pw_bytes *markdown;
  bool             failed;
};

static void
put(struct writer *writer, const char *text)
{
  if (!writer->failed && !pw_bytes_append(writer->markdown, text, strlen(text))) {
    writer->failed = true;
  }
}

static void
put_range(struct writer *writer, const struct pw_schema_key *key)
{
  enum pw_value_unit unit = key->type == PW_SCHEMA_SIZE       ? PW_VALUE_BYTES
                            : key->type == PW_SCHEMA_DURATION ? PW_VALUE_MILLISECONDS
                                                              : PW_VALUE_PLAIN;
  char               low[40], high[40];
  if (key->maximum > 0) {
    put(writer, ", ");
    put(writer, pw_value_number_text(key->minimum, unit, low, sizeof(low)));
    put(writer, " … ");
    put(writer, pw_value_number_text(key->maximum, unit, high, sizeof(high)));
  }
}

static void
put_type(struct writer *writer, const struct pw_schema_key *key)
{
  if (key->type != PW_SCHEMA_CHOICE) {
    put(writer, pw_schema_type_name(key->type));
    put_range(writer, key);
    return;
  }
  for (const struct pw_schema_choice *choice = key->choices; choice->name; choice++) {
    put(writer, choice == key->choices ? "`" : ", `");
    put(writer, choice->name);
    put(writer, "`");
  }
}

static void
put_row(void *data, const char *path, const struct pw_schema_key *key, const char *same_as)
{
  struct writer *writer = data;
  put(writer, "| `");
  put(writer, path);
  put(writer, "`");
  if (key->other_name) {
    put(writer, " (or `");
    put(writer, key->other_name);
    put(writer, "`)");
  }
  put(writer, " | ");
  put_type(writer, key);
  put(writer, " | ");
  put(writer, key->preset ? key->preset : "");
  put(writer, key->preset ? " | " : "| ");
  put(writer, key->meaning);
  if (same_as) {
    put(writer, " Its keys are those of `");
    put(writer, same_as);
    put(writer, "`.");
  }
  put(writer, " |\n");
}

bool
pw_schema_reference(const struct pw_schema *schema, struct pw_bytes *markdown)
{
  struct writer writer = {.markdown = markdown};
  put(&writer, "| key | type | default | meaning |\n|---|---|---|---|\n");
  pw_schema_walk(schema, put_row, &writer);
  return !writer.failed;
}
