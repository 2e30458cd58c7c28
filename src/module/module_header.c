/* SPDX-License-Identifier: Apache-2.0 */
#include "module/module_header.h"

#include <stdio.h>

/** Whether text in the text format begins here: "(module" or "(component", after blanks and comments. */
static bool
is_text_format(struct pw_view code)
{
  size_t i = 0;
  while (i < code.size && (strchr(" \t\r\n", code.data[i]) != NULL || code.data[i] == ';') && code.data[i] != '\0') {
    if (code.data[i] == ';') {
      while (i < code.size && code.data[i] != '\n') {
        i++;
      }
    } else {
      i++;
    }
  }
  static const char *const words[] = {"(module", "(component", "(;"};
  for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
    size_t length = strlen(words[w]);
    if (code.size - i >= length && memcmp(code.data + i, words[w], length) == 0) {
      return true;
    }
  }
  return false;
}

static bool
fail_no_wasm(struct pw_view code, struct pw_error *error)
{
  static const struct {
    const char *magic;
    size_t      size;
    const char *guess;
  } formats[] = {{"\177ELF", 4, "it is an ELF file: native or precompiled code"},
                 {"\x1f\x8b", 2, "it is compressed with gzip: unpack it first"},
                 {"\x28\xb5\x2f\xfd", 4, "it is compressed with zstd: unpack it first"}};
  if (code.size == 0) {
    return pw_error_set(error, PW_ERROR_MODULE, "not a wasm module: it is empty");
  }
  if (is_text_format(code)) {
    return pw_error_set(error, PW_ERROR_MODULE,
                        "this is the text format of wasm (.wat): make a binary of it first, with wat2wasm");
  }
  char   begin[4 * 3 + 1] = "";
  size_t shown            = code.size < 4 ? code.size : 4;
  for (size_t i = 0; i < shown; i++) {
    snprintf(begin + i * 3, 4, " %02x", (unsigned char)code.data[i]);
  }
  const char *guess = "is it a text file?";
  for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
    if (code.size >= formats[i].size && memcmp(code.data, formats[i].magic, formats[i].size) == 0) {
      guess = formats[i].guess;
    }
  }
  return pw_error_set(error, PW_ERROR_MODULE, "not a wasm module: begins with%s%s; %s", begin,
                      code.size > shown ? " …" : "", guess);
}

bool
pw_module_check_header(struct pw_view code, struct pw_error *error)
{
  static const char magic[]     = {'\0', 'a', 's', 'm'};
  static const char version[]   = {1, 0, 0, 0};
  static const char component[] = {1, 0}; /* the "layer", behind a version of two bytes */
  if (code.size == 0 || memcmp(code.data, magic, code.size < sizeof(magic) ? code.size : sizeof(magic)) != 0) {
    return fail_no_wasm(code, error);
  }
  if (code.size < sizeof(magic) + sizeof(version)) {
    return pw_error_set(error, PW_ERROR_MODULE, "broken wasm: it ends after %zu bytes, within the header", code.size);
  }
  const char *found = code.data + sizeof(magic);
  if (memcmp(found, version, sizeof(version)) == 0) {
    return true;
  }
  if (memcmp(found + 2, component, sizeof(component)) == 0) {
    return pw_error_set(error, PW_ERROR_MODULE,
                        "this is a WebAssembly component, not a core module: build for wasm32-wasip1");
  }
  return pw_error_set(error, PW_ERROR_MODULE, "unknown version of wasm: %02x %02x %02x %02x, not 01 00 00 00",
                      (unsigned char)found[0], (unsigned char)found[1], (unsigned char)found[2],
                      (unsigned char)found[3]);
}
