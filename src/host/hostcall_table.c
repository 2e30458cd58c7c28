/* SPDX-License-Identifier: Apache-2.0 */
#include "host/hostcall_table.h"

static const struct pw_hostcall table[] = {
#define HOSTCALL_ENTRY(module, name, function, parameters, result, versions)                                           \
  {module, name, parameters, result, versions, function},
  PW_HOSTCALL_TABLE(HOSTCALL_ENTRY)
#undef HOSTCALL_ENTRY
};

const char *
pw_hostcall_died(void)
{
  return PW_HOSTCALL_DIED;
}

const struct pw_hostcall *
pw_hostcalls(size_t *count)
{
  *count = sizeof(table) / sizeof(table[0]);
  return table;
}

const struct pw_hostcall *
pw_hostcall_find(const char *module, const char *name)
{
  size_t i;

  if (strcmp(module, "wasi_unstable") == 0) {
    module = PW_WASI_MODULE;
  }
  for (i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
    if (strcmp(table[i].name, name) == 0 && strcmp(table[i].module, module) == 0) {
      return &table[i];
    }
  }
  return NULL;
}

void
pw_hostcall_type(const struct pw_hostcall *hostcall, struct pw_function_type *type)
{
  const char *kind = hostcall->parameters;
  size_t      n    = 0;

  memset(type, 0, sizeof(*type));
  while ((kind = strchr(kind, ':')) != NULL) {
    ++kind;
    type->parameters[n++] = *kind == 'U' ? 'I' : 'i';
    if (strchr("bpBP", *kind) != NULL) {
      type->parameters[n++] = 'i';
    }
  }
  type->parameter_count = (uint8_t)n;
  type->result          = hostcall->result == 'v' ? 'v' : 'i';
}

bool
pw_hostcall_accepts(const struct pw_hostcall *hostcall, const struct pw_function_type *type)
{
  struct pw_function_type own;

  pw_hostcall_type(hostcall, &own);
  if (hostcall->result == 'o' && type->result == 'v') {
    own.result = 'v';
  }
  return pw_function_type_equal(&own, type);
}
