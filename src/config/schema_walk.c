/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas told key by key, for the reference. */
#include "config/schema.h"

#include <stdio.h>
struct seen {
  struct {
    const struct pw_schema *schema;
    char                    path[200];
  } schemas[48];
  size_t count;
};

/* Where a schema was told before; NULL: this is the first time. */
static const char *
seen_before(struct seen *seen, const struct pw_schema *schema, const char *path)
{
  for (size_t i = 0; i < seen->count; i++) {
    if (seen->schemas[i].schema == schema) {
      return seen->schemas[i].path;
    }
  }
  if (seen->count < sizeof(seen->schemas) / sizeof(seen->schemas[0])) {
    seen->schemas[seen->count].schema = schema;
    snprintf(seen->schemas[seen->count].path, sizeof(seen->schemas[0].path), "%s", path);
    seen->count++;
  }
  return NULL;
}

static void
walk(const struct pw_schema *schema, const char *prefix, struct seen *seen, pw_schema_visit visit, void *data)
{
  for (const struct pw_schema_key *key = schema->keys; key->name; key++) {
    char path[200];
    snprintf(path, sizeof(path), "%s%s%s%s", prefix, *prefix ? "." : "", key->name,
             key->type == PW_SCHEMA_LIST    ? "[]"
             : key->type == PW_SCHEMA_NAMED ? ".NAME"
                                            : "");
    const char *same_as = key->mapping ? seen_before(seen, key->mapping, path) : NULL;
    visit(data, path, key, same_as);
    if (key->mapping && !same_as) {
      walk(key->mapping, path, seen, visit, data);
    }
  }
}

void
pw_schema_walk(const struct pw_schema *schema, pw_schema_visit visit, void *data)
{
  struct seen seen = {0};
  walk(schema, "", &seen, visit, data);
}

const char *
pw_schema_type_name(enum pw_schema_type type)
{
  static const char *const names[] = {
    [PW_SCHEMA_BYTES]         = "text",
    [PW_SCHEMA_CONFIGURATION] = "text, mapping or list",
    [PW_SCHEMA_LINE]          = "text",
    [PW_SCHEMA_STRING]        = "text",
    [PW_SCHEMA_BOOLEAN]       = "boolean",
    [PW_SCHEMA_NUMBER]        = "number",
    [PW_SCHEMA_SIZE]          = "size",
    [PW_SCHEMA_DURATION]      = "duration",
    [PW_SCHEMA_CHOICE]        = "word",
    [PW_SCHEMA_MAPPING]       = "mapping",
    [PW_SCHEMA_LIST]          = "list",
    [PW_SCHEMA_NAMES]         = "list of names",
    [PW_SCHEMA_VALUES]        = "list",
    [PW_SCHEMA_PAIRS]         = "mapping of texts",
    [PW_SCHEMA_NAMED]         = "mapping of names to mappings",
  };
  return names[type];
}
