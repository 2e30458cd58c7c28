/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/interim_response.h"

#include <string.h>

static bool
begins_interim(struct pw_view bytes, bool *known)
{
  static const char interim[] = "HTTP/1.x 1";
  *known                      = true;
  for (size_t i = 0; i < sizeof(interim) - 1; i++) {
    if (i == bytes.size) {
      *known = false;
      return false;
    }
    if (interim[i] != 'x' && bytes.data[i] != interim[i]) {
      return false;
    }
  }
  return true;
}

size_t
pw_interim_responses(struct pw_view bytes, bool *final)
{
  size_t size = 0;
  bool   known;
  while (begins_interim(bytes, &known)) {
    const char *end = (const char *)memmem(bytes.data, bytes.size, "\r\n\r\n", 4);
    if (!end) {
      known = false;
      break;
    }
    size_t whole = (size_t)(end + 4 - bytes.data);
    size += whole;
    bytes = pw_view_make(bytes.data + whole, bytes.size - whole);
  }
  *final = known;
  return size;
}
