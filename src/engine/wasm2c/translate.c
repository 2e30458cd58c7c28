/* SPDX-License-Identifier: Apache-2.0 */
/* From a module to a shared object. */
#include "engine/file.h"
#include "engine/folder.h"
#include "internal.h"

#include <errno.h>
#include <stdio.h>

/* What comes after it makes the code faster by a tenth, and takes the C compiler as long again. */
#define OPTIMIZATION "-O1"

/* A function looks at the stack when it has its frame: that may go so far beyond the limit, and not further. */
#define MOST_FRAME_BYTES "65536"

/* ---- what it cannot do ---- */

bool
pw_wasm2c_can_be_linked(const struct pw_module_info *info)
{
  for (size_t i = 0; i < info->import_count; i++) {
    if (!pw_wasm2c_is_callable(&info->imports[i])) {
      return false;
    }
  }
  return true;
}

/* Another version may say the same otherwise. */
static bool
check_version(struct pw_error *error)
{
  static const char *const arguments[] = {"wasm2c", "--version", NULL};
  struct pw_bytes          output      = {0};
  char                     version[32];
  bool                     right;

  if (!pw_wasm2c_run(arguments, pw_view_make(NULL, 0), &output, error)) {
    pw_bytes_clear(&output);
    return false;
  }
  pw_text_line(version, sizeof version, output.data ? output.data : "", output.size);
  pw_bytes_clear(&output);
  right = strcmp(version, PW_WASM2C_VERSION) == 0;
  return right ||
         pw_error_set(error, PW_ERROR_ENGINE,
                      "engine 'wasm2c': wasm2c is version %s, this engine needs wabt " PW_WASM2C_VERSION, version);
}

/* ---- the way ---- */

static bool
to_c(struct pw_view code, const struct pw_module_info *info, const struct pw_valid_notes *notes,
     struct pw_bytes *source, struct pw_error *error)
{
  static const char *const arguments[] = {"wasm2c", "--no-debug-names", "--module-name=m", "/dev/stdin", NULL};
  struct pw_bytes          canonical   = {0};
  struct pw_bytes          output      = {0};
  bool                     done;

  if (pw_wasm2c_canonical(code, info, &canonical)) {
    done = pw_wasm2c_run(arguments, pw_bytes_view(&canonical), &output, error) &&
           pw_wasm2c_source(pw_bytes_view(&output), info, notes, source, error);
  } else {
    done = pw_error_set(error, PW_ERROR_MEMORY, "module of %zu bytes", code.size);
  }
  pw_bytes_clear(&canonical);
  pw_bytes_clear(&output);
  return done;
}

/* What wasm says of arithmetic holds in C, too; frames are linked, and functions stay what they are, for backtraces. */
static bool
to_object(struct pw_view source, bool profile, const char *path, struct pw_error *error)
{
  const char *const arguments[] = {"cc",
                                   "-xc",
                                   "-std=gnu11",
                                   OPTIMIZATION,
                                   "-fPIC",
                                   "-shared",
                                   "-pipe",
                                   "-DNDEBUG",
                                   "-fwrapv",
                                   "-fno-strict-aliasing",
                                   "-ffp-contract=off",
                                   "-fno-math-errno",
                                   "-fno-omit-frame-pointer",
                                   "-fno-optimize-sibling-calls",
                                   "-fno-inline-functions",
                                   "-fno-inline-small-functions",
                                   "-fno-inline-functions-called-once",
                                   "-fno-reorder-blocks-and-partition",
                                   "-fno-ipa-icf",
                                   "-fstack-clash-protection",
                                   "-fvisibility=hidden",
                                   "-fmax-errors=1",
                                   "-Werror=frame-larger-than=" MOST_FRAME_BYTES,
                                   "-Wl,-z,now",
                                   "-Wl,-z,noexecstack",
                                   "-Wl,-s",
                                   profile ? "-DPW_WASM2C_PROFILE" : "-UPW_WASM2C_PROFILE",
                                   "-o",
                                   path,
                                   "-",
                                   "-lm",
                                   NULL};
  struct pw_bytes   output      = {0};
  bool              done        = pw_wasm2c_run(arguments, source, &output, error);

  pw_bytes_clear(&output);
  return done;
}

/* In a folder of its own: the linker makes its file anew, which cannot be one in memory, and nobody else may do so
 * meanwhile. */
static bool
compile(struct pw_view source, bool profile, struct pw_bytes *out, struct pw_error *error)
{
  char            folder[480];
  char            path[512];
  struct pw_error cause;
  bool            done;

  if (!pw_folder_make(folder, sizeof folder)) {
    return pw_error_set(error, PW_ERROR_FILE, "engine 'wasm2c': a folder in TMPDIR: %s", strerror(errno));
  }
  snprintf(path, sizeof path, "%s/object.so", folder);
  done = to_object(source, profile, path, error);
  if (done && !pw_file_read(path, out, &cause)) {
    done = pw_error_set(error, cause.code, "engine 'wasm2c': %s", cause.message);
  }
  pw_folder_remove(folder);
  return done;
}

static bool
translate(struct pw_view code, const struct pw_module_info *info, const struct pw_valid_notes *notes, bool profile,
          struct pw_bytes *out, struct pw_error *error)
{
  struct pw_bytes source = {0};
  bool            done   = check_version(error) && to_c(code, info, notes, &source, error) &&
              compile(pw_bytes_view(&source), profile, out, error);

  pw_bytes_clear(&source);
  return done;
}

bool
pw_wasm2c_translate(struct pw_view code, bool profile, struct pw_bytes *out, struct pw_error *error)
{
  struct pw_valid_notes  notes = {0};
  struct pw_error        why   = {.code = PW_ERROR_NONE};
  struct pw_module_info *info  = NULL;
  bool                   done;

  /* wasm2c reads what somebody made up: it gets to see what is valid, and has what it can do. */
  if (!pw_validate_and_note(code, &notes, &why)) {
    pw_valid_notes_clear(&notes);
    return pw_error_set(error, why.code, "wasm2c cannot compile the module: %s", why.message);
  }
  info = pw_module_info_read(code, error);
  if (info && !pw_wasm2c_can_be_linked(info)) {
    done = pw_bytes_append(out, PW_WASM2C_NO_OBJECT, strlen(PW_WASM2C_NO_OBJECT)) ||
           pw_error_set(error, PW_ERROR_MEMORY, "module of %zu bytes", code.size);
  } else {
    done = info && translate(code, info, &notes, profile, out, error);
  }
  pw_module_info_free(info);
  pw_valid_notes_clear(&notes);
  return done;
}
