/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"

#include "text/utf8.h"

/** The shortest form of a character, by the definition (RFC 3629, 3). */
static size_t
encode(uint32_t character, char *out)
{
  if (character < 0x80) {
    out[0] = (char)character;
    return 1;
  }
  size_t size = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  for (size_t i = size; i-- > 1; character >>= 6) {
    out[i] = (char)(0x80 | (character & 0x3f));
  }
  out[0] = (char)(character | (0xf00 >> size & 0xff));
  return size;
}

static void
every_character_is_decoded(void **state)
{
  (void)state;
  for (uint32_t character = 0; character <= 0x10ffff; character++) {
    char     bytes[4];
    uint32_t decoded   = ~character;
    size_t   size      = encode(character, bytes);
    bool     surrogate = character >= 0xd800 && character <= 0xdfff;
    assert_int_equal(pw_utf8_decode(bytes, size, &decoded), surrogate ? 0 : size);
    if (!surrogate) {
      assert_int_equal(decoded, character);
    }
    assert_int_equal(pw_utf8_decode(bytes, size - 1, &decoded), 0);
  }
}

static void
other_bytes_are_refused(void **state)
{
  (void)state;
  const struct pw_view bad[] = {
    LITERAL(""),                 /* nothing */
    LITERAL("\x80"),             /* a byte that goes on where nothing began */
    LITERAL("\xbf"),             /* likewise */
    LITERAL("\xc3\x28"),         /* goes on wrongly */
    LITERAL("\xc0\x80"),         /* overlong NUL */
    LITERAL("\xc1\xbf"),         /* overlong */
    LITERAL("\xe0\x9f\xbf"),     /* overlong */
    LITERAL("\xf0\x8f\xbf\xbf"), /* overlong */
    LITERAL("\xf4\x90\x80\x80"), /* beyond the last character */
    LITERAL("\xf8\x88\x80\x80\x80"),
    LITERAL("\xff"),
    LITERAL("\xfe"),
  };
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    uint32_t character;
    assert_int_equal(pw_utf8_decode(bad[i].data, bad[i].size, &character), 0);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_character_is_decoded),
    cmocka_unit_test(other_bytes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
