/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/configuration/told.h"

#include "module/module_parameters.h"

/* Parameters of callbacks of headers, as bits: the first one is the context. */
#define COUNT_PARAMETER (1u << 1)
#define END_PARAMETER   (1u << 2)

static uint32_t
parameters_of(struct pw_view code, const struct pw_module_info *info, int direction)
{
  const char *name = direction == PW_STREAM_HTTP_REQUEST ? "proxy_on_request_headers" : "proxy_on_response_headers";
  if (!info) {
    return PW_MODULE_ALL_PARAMETERS;
  }
  return pw_module_export(info, name) ? pw_module_parameters_used(code, info, name) : 0;
}

struct pw_told
pw_told_of_module(struct pw_view code)
{
  struct pw_error        error;
  struct pw_module_info *info = pw_module_info_read(code, &error);
  struct pw_told         told;
  for (int direction = 0; direction < 2; direction++) {
    uint32_t parameters   = parameters_of(code, info, direction);
    told.count[direction] = (parameters & COUNT_PARAMETER) != 0;
    told.end[direction]   = (parameters & END_PARAMETER) != 0;
  }
  pw_module_info_free(info);
  return told;
}

void
pw_told_add(struct pw_told *told, const struct pw_told *other)
{
  for (int direction = 0; direction < 2; direction++) {
    told->count[direction] |= other->count[direction];
    told->end[direction] |= other->end[direction];
  }
}
