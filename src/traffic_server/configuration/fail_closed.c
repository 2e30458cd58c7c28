/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/configuration/fail_closed.h"

#include <strings.h>

static const char *
skip_any(const char *at, const char *end, const char *characters)
{
  while (at < end && strchr(characters, *at) && *at != '\0') {
    at++;
  }
  return at;
}

static bool
begins(const char *at, const char *end, const char *word)
{
  size_t size = strlen(word);
  return (size_t)(end - at) >= size && strncasecmp(at, word, size) == 0;
}

/* YAML 1.1's words for false. */
static bool
is_false(const char *at, const char *end)
{
  static const char *const words[] = {"false", "no", "off"};
  at                               = skip_any(at, end, " \t\r\n\"'");
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (begins(at, end, words[i])) {
      at += strlen(words[i]);
      return at == end || strchr(" \t\r\n\"',}#", *at) != NULL;
    }
  }
  return false;
}

bool
pw_text_says_fail_closed(struct pw_view text)
{
  static const char key[]   = "fail_open";
  const char       *end     = text.data + text.size;
  bool              comment = false;

  for (const char *at = text.data; at && at < end; at++) {
    if (*at == '\n') {
      comment = false;
    } else if (*at == '#' && (at == text.data || strchr(" \t\r\n", at[-1]) != NULL)) {
      comment = true;
    } else if (!comment && begins(at, end, key)) {
      const char *after = skip_any(at + sizeof(key) - 1, end, " \t\"'");
      if (after < end && *after == ':' && is_false(after + 1, end)) {
        return true;
      }
    }
  }
  return false;
}
