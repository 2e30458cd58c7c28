/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file field.h
 * What may stand in an HTTP field. Each field that a module sets is looked at: inline, sixteen bytes at a time, and one
 * by one where that finds something.
 */
#ifndef PROXYWASM_HOST_FIELD_H
#define PROXYWASM_HOST_FIELD_H

#include "text/sixteen.h"

/** A token (RFC 9110, 5.6.2). */
bool pw_field_is_token(struct pw_view name);
/** No CR, LF or NUL. */
bool pw_field_has_no_line_end(struct pw_view value);

/** Whether texts that lie one after the other, each with a NUL behind it, have no other one of ASCII's first 32
 *  characters among them. `block`: all of them, with the NULs. */
bool pw_field_texts_common(struct pw_view block, size_t texts);

/** Ranks the most common bytes of names, which are letters, digits and dashes, before all else. */
static inline pw_sixteen
pw_field_name_rank(pw_sixteen bytes)
{
  pw_sixteen is_letter = (pw_sixteen)((bytes | 0x20) - 'a' < 'z' - 'a' + 1);
  pw_sixteen is_digit  = (pw_sixteen)(bytes - '0' < '9' - '0' + 1);
  pw_sixteen is_dash   = (pw_sixteen)(bytes == '-');
  return ~(is_letter | is_digit | is_dash);
}

/** Ranks the control characters of ASCII's first 32 behind all else. */
static inline pw_sixteen
pw_field_value_rank(pw_sixteen bytes)
{
  return bytes - 0x20;
}

/** Whether a name has none but the most common bytes. */
__attribute__((always_inline)) static inline bool
pw_field_name_common(struct pw_view name)
{
  return !pw_sixteen_find(name, pw_field_name_rank, 0);
}

/** A field name: a token, or ":" and a token for a pseudo-header. */
static inline bool
pw_field_name_valid(struct pw_view name)
{
  if (pw_field_name_common(name)) {
    return true;
  }
  if (name.size > 1 && name.data[0] == ':') {
    name = pw_view_make(name.data + 1, name.size - 1);
    return pw_field_name_common(name) || pw_field_is_token(name);
  }
  return pw_field_is_token(name);
}

/** A field value: no CR, LF or NUL (RFC 9110, 5.5). May be empty. */
static inline bool
pw_field_value_valid(struct pw_view value)
{
  return !pw_sixteen_find(value, pw_field_value_rank, 0xff - 0x20) || pw_field_has_no_line_end(value);
}

/** Both. */
static inline bool
pw_field_valid(struct pw_view name, struct pw_view value)
{
  return pw_field_name_valid(name) && pw_field_value_valid(value);
}

/** Whether a field may be among trailers: not those that tell where a message ends, where it goes, or what becomes of
 *  the connection (RFC 9110, 6.5.1), which could be taken for a header's by whoever comes after. No pseudo-header. */
bool pw_trailer_name_valid(struct pw_view name);

/** Whether two field names are the same, without case (ASCII). */
bool pw_field_name_equal(struct pw_view a, struct pw_view b);

#endif
