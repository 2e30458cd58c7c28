/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suite/suite_regex.h"

#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static pcre2_code *
compile(struct pw_view pattern, int *problem, size_t *at)
{
  pcre2_compile_context *context = pcre2_compile_context_create(NULL);
  pcre2_code            *code    = NULL;
  *problem                       = PCRE2_ERROR_NOMEMORY;
  if (context) {
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    code =
      pcre2_compile((PCRE2_SPTR)(pattern.data ? pattern.data : ""), pattern.size,
                    PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF,
                    problem, at, context);
  }
  pcre2_compile_context_free(context);
  return code;
}

bool
pw_suite_regex_check(struct pw_view pattern, char *problem, size_t size)
{
  int         number = 0;
  size_t      at     = 0;
  pcre2_code *code   = compile(pattern, &number, &at);
  if (!code) {
    PCRE2_UCHAR text[160] = "";
    pcre2_get_error_message(number, text, sizeof(text));
    snprintf(problem, size, "%s, at byte %zu", (const char *)text, at + 1);
  }
  pcre2_code_free(code);
  return code != NULL;
}

struct pw_suite_regex *
pw_suite_regex_new(struct pw_view pattern)
{
  int    number;
  size_t at;
  return (struct pw_suite_regex *)compile(pattern, &number, &at);
}

void
pw_suite_regex_delete(struct pw_suite_regex *regex)
{
  pcre2_code_free((pcre2_code *)regex);
}

bool
pw_suite_regex_matches(const struct pw_suite_regex *regex, struct pw_view text)
{
  const pcre2_code *code  = (const pcre2_code *)regex;
  pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
  bool found = match && pcre2_match(code, (PCRE2_SPTR)(text.data ? text.data : ""), text.size, 0, 0, match, NULL) >= 0;
  pcre2_match_data_free(match);
  return found;
}
