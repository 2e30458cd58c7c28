/* SPDX-License-Identifier: Apache-2.0 */
#include "config/authority.h"

#include <strings.h>

#define HOST_MOST 253 /* RFC 1035, as text */

static bool
is_letter_or_digit(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
bracketed_valid(struct pw_view text)
{
  if (text.size < 4 || text.data[text.size - 1] != ']') {
    return false;
  }
  for (size_t i = 1; i + 1 < text.size; i++) {
    char c = text.data[i];
    if (!(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F') && !(c >= '0' && c <= '9') && c != ':' && c != '.') {
      return false;
    }
  }
  return true;
}

bool
pw_host_valid(struct pw_view text)
{
  if (text.size == 0 || text.size > HOST_MOST) {
    return false;
  }
  if (text.data[0] == '[') {
    return bracketed_valid(text);
  }
  for (size_t i = 0; i < text.size; i++) {
    if (!is_letter_or_digit(text.data[i]) && !strchr("-_.", text.data[i])) {
      return false;
    }
  }
  return text.data[0] != '.';
}

static bool
port_parse(struct pw_view text, uint32_t *port)
{
  *port = 0;
  if (text.size == 0 || text.size > 5) {
    return false;
  }
  for (size_t i = 0; i < text.size; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') {
      return false;
    }
    *port = *port * 10 + (uint32_t)(text.data[i] - '0');
  }
  return *port >= 1 && *port <= 65535;
}

bool
pw_authority_parse(struct pw_view text, struct pw_authority *authority)
{
  size_t end = text.size;
  while (end > 0 && text.data[end - 1] != ':' && text.data[end - 1] != ']') {
    end--;
  }
  authority->host = text;
  authority->port = 0;
  if (end > 0 && text.data[end - 1] == ':') {
    authority->host = pw_view_make(text.data, end - 1);
    if (!port_parse(pw_view_make(text.data + end, text.size - end), &authority->port)) {
      return false;
    }
  }
  return pw_host_valid(authority->host);
}

bool
pw_authority_pattern_parse(struct pw_view text, struct pw_authority *pattern)
{
  bool wildcard = text.size > 2 && text.data[0] == '*' && text.data[1] == '.';
  if (!wildcard) {
    return pw_authority_parse(text, pattern);
  }
  if (!pw_authority_parse(pw_view_make(text.data + 2, text.size - 2), pattern) || pattern->host.data[0] == '[') {
    return false;
  }
  pattern->host = pw_view_make(text.data, pattern->host.size + 2);
  return true;
}

static bool
same_name(const char *a, const char *b, size_t size)
{
  return strncasecmp(a, b, size) == 0;
}

static bool
host_matches(struct pw_view pattern, struct pw_view host)
{
  if (pattern.data[0] != '*') {
    return pattern.size == host.size && same_name(pattern.data, host.data, host.size);
  }
  /* "*.example.com": the host ends in ".example.com", and has something before it. */
  size_t end = pattern.size - 1;
  return host.size > end && same_name(pattern.data + 1, host.data + host.size - end, end);
}

bool
pw_authority_matches(const struct pw_authority *pattern, const struct pw_authority *authority, uint32_t default_port)
{
  uint32_t wanted = pattern->port ? pattern->port : default_port;
  uint32_t port   = authority->port ? authority->port : default_port;
  return wanted == port && host_matches(pattern->host, authority->host);
}
