/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#include <inttypes.h>
#include <stdio.h>

bool
pw_value_boolean(struct pw_view text, bool *value)
{
  static const struct {
    const char *text;
    bool        value;
  } words[] = {
    {"true", true}, {"True", true}, {"TRUE", true}, {"yes", true},    {"Yes", true},    {"YES", true},
    {"on", true},   {"On", true},   {"ON", true},   {"false", false}, {"False", false}, {"FALSE", false},
    {"no", false},  {"No", false},  {"NO", false},  {"off", false},   {"Off", false},   {"OFF", false},
  };
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (pw_view_equal(text, pw_view_of(words[i].text))) {
      *value = words[i].value;
      return true;
    }
  }
  return false;
}

struct unit {
  const char *name;
  uint64_t    factor;
};

/* From the smallest to the largest; each list begins with the one that stands for itself. */
static const struct unit sizes[]     = {{"B", 1}, {"KiB", 1U << 10}, {"MiB", 1U << 20}, {"GiB", 1U << 30}, {NULL, 0}};
static const struct unit durations[] = {{"ms", 1}, {"s", 1000}, {"min", 60 * 1000}, {"h", 3600 * 1000}, {NULL, 0}};
static const struct unit none[]      = {{NULL, 0}};

static const struct unit *
units_of(enum pw_value_unit unit)
{
  return unit == PW_VALUE_BYTES ? sizes : unit == PW_VALUE_MILLISECONDS ? durations : none;
}

static const struct unit *
find_unit(enum pw_value_unit unit, struct pw_view name)
{
  for (const struct unit *known = units_of(unit); known->name; known++) {
    if (pw_view_equal(name, pw_view_of(known->name))) {
      return known;
    }
  }
  return NULL;
}

static pw_value_problem
not_a_number(enum pw_value_unit unit)
{
  switch (unit) {
  case PW_VALUE_BYTES:
    return "is no size; write a whole number with B, KiB, MiB or GiB, such as 64KiB";
  case PW_VALUE_MILLISECONDS:
    return "is no duration; write a whole number with ms, s, min or h, such as 100ms";
  default:
    return "is no whole number";
  }
}

pw_value_problem
pw_value_number(struct pw_view text, enum pw_value_unit unit, uint64_t *value)
{
  uint64_t number = 0;
  size_t   i      = 0;
  bool     fits   = true;
  if (text.size > 0 && text.data[0] == '-') {
    return "is negative";
  }
  for (; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
    fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
           !__builtin_add_overflow(number, (uint64_t)(text.data[i] - '0'), &number);
  }
  if (i == 0) {
    return not_a_number(unit);
  }
  if (i < text.size) {
    while (i < text.size && text.data[i] == ' ') {
      i++;
    }
    const struct unit *found = find_unit(unit, pw_view_make(text.data + i, text.size - i));
    if (!found) {
      return not_a_number(unit);
    }
    fits = fits && !__builtin_mul_overflow(number, found->factor, &number);
  }
  if (!fits) {
    return "is too large";
  }
  *value = number;
  return NULL;
}

const char *
pw_value_number_text(uint64_t value, enum pw_value_unit unit, char *buffer, size_t size)
{
  const struct unit *best = NULL;
  for (const struct unit *known = units_of(unit); known->name; known++) {
    if (!best || (value > 0 && value % known->factor == 0)) {
      best = known;
    }
  }
  snprintf(buffer, size, "%" PRIu64 "%s", best ? value / best->factor : value, best ? best->name : "");
  return buffer;
}
