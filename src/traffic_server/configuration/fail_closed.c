/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/configuration/fail_closed.h"

#include "config/suggest.h"

#include <ctype.h>
#include <strings.h>

#define KEY "fail_open"

static const char *
skip_any(const char *at, const char *end, const char *characters)
{
  while (at < end && strchr(characters, *at) && *at != '\0') {
    at++;
  }
  return at;
}

static bool
is_of_word(char character)
{
  return isalnum((unsigned char)character) || character == '_' || character == '-';
}

static struct pw_view
word_at(const char *at, const char *end)
{
  const char *after = at;
  while (after < end && is_of_word(*after)) {
    after++;
  }
  return pw_view_make(at, (size_t)(after - at));
}

static bool
is(struct pw_view word, const char *text)
{
  return word.size == strlen(text) && strncasecmp(word.data, text, word.size) == 0;
}

/* YAML 1.1's words. */
static bool
is_true(struct pw_view word)
{
  return is(word, "true") || is(word, "yes") || is(word, "on");
}

static bool
is_false(struct pw_view word)
{
  return is(word, "false") || is(word, "no") || is(word, "off");
}

static bool
is_misspelt(struct pw_view key)
{
  struct pw_suggestion suggestion = {.wanted = key};
  pw_suggestion_offer(&suggestion, KEY);
  return suggestion.best != NULL;
}

/* Whether a key, and what is behind its colon, say it. `after` is where the key ends. */
static bool
pair_says_it(struct pw_view key, const char *after, const char *end)
{
  after = skip_any(after, end, " \t\"'");
  if (after == end || *after != ':') {
    return false;
  }
  bool exact = is(key, KEY);
  if (!exact && !is_misspelt(key)) {
    return false;
  }
  const char    *value = skip_any(after + 1, end, " \t\"'");
  struct pw_view word  = word_at(skip_any(value, end, "\r\n \t\"'"), end);
  /* Nothing behind it is as good as no key. A list, or the like, is a mistake for a word. */
  bool nothing = value == end || strchr("\r\n#,}", *value) != NULL;
  return exact && !nothing ? !is_true(word) : is_false(word);
}

bool
pw_text_says_fail_closed(struct pw_view text)
{
  const char *end     = text.data + text.size;
  bool        comment = false;

  for (const char *at = text.data; at && at < end; at++) {
    if (*at == '\n') {
      comment = false;
    } else if (*at == '#' && (at == text.data || strchr(" \t\r\n", at[-1]) != NULL)) {
      comment = true;
    } else if (!comment && is_of_word(*at)) {
      struct pw_view key = word_at(at, end);
      if (pair_says_it(key, at + key.size, end)) {
        return true;
      }
      at += key.size - 1;
    }
  }
  return false;
}
