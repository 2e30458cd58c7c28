/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled code that comes with a module: taken when it fits, and never otherwise. */
#define _GNU_SOURCE
#include "support.h"

#include "engine/precompiled.h"

struct fixture {
  struct guest              guest; /* its engine only */
  struct pw_engine_settings settings;
  struct pw_bytes           plain;       /* the module */
  struct pw_bytes           precompiled; /* with code for the engine */
  size_t                    added;
  struct pw_error           note;
};

static struct pw_bytes
add_code(struct fixture *fixture, const struct pw_engine_ops *ops, struct pw_view file)
{
  struct pw_bytes out = {0};
  struct pw_error error;

  if (!pw_precompiled_add(ops, fixture->guest.engine, &fixture->settings, file, &out, &fixture->added, &error)) {
    fail_msg("%s", error.message);
  }
  return out;
}

static bool
has_code(const struct fixture *fixture)
{
  return fixture->guest.ops->module_serialize != NULL;
}

static int
setup(void **state)
{
  struct fixture *fixture = calloc(1, sizeof *fixture);

  assert_non_null(fixture);
  fixture->settings.stack_bytes = 512 << 10;
  fixture->guest.ops            = find_engine();
  fixture->guest.engine         = start_engine(fixture->guest.ops, fixture->settings.stack_bytes);
  fixture->plain                = read_module("engine_module");
  if (has_code(fixture)) {
    fixture->precompiled = add_code(fixture, fixture->guest.ops, pw_bytes_view(&fixture->plain));
  }
  *state = fixture;
  return 0;
}

static int
teardown(void **state)
{
  struct fixture *fixture = *state;

  pw_bytes_clear(&fixture->plain);
  pw_bytes_clear(&fixture->precompiled);
  fixture->guest.ops->engine_delete(fixture->guest.engine);
  free(fixture);
  return 0;
}

/* Loads a file as a plugin does that allows precompiled code, and checks that the module works. */
static enum pw_cache_result
load(struct fixture *fixture, struct pw_view file)
{
  const struct pw_engine_ops *ops    = fixture->guest.ops;
  struct pw_precompiled_file  parts  = pw_precompiled_split(file);
  struct pw_module_source     source = {.code = parts.module, .precompiled = parts.sections};
  enum pw_cache_result        result;
  struct pw_error             error;
  struct pw_compiled_module  *module =
    pw_engine_load_module(ops, fixture->guest.engine, &fixture->settings, &source, &result, &fixture->note, &error);

  if (!module) {
    fail_msg("%s", error.message);
  }
  run_and_delete(&fixture->guest, module);
  return result;
}

static void
expect_refused(struct fixture *fixture, struct pw_view file, const char *text)
{
  assert_int_equal(load(fixture, file), PW_CACHE_REJECTED);
  if (!strstr(fixture->note.message, "precompiled code not used, compiling anew: ") ||
      !strstr(fixture->note.message, text) || !strstr(fixture->note.message, "'proxywasm compile --engine ")) {
    fail_msg("'%s' does not say '%s', and what to do", fixture->note.message, text);
  }
}

static void
it_is_taken_when_it_fits(void **state)
{
  struct fixture *fixture = *state;

  assert_int_equal(load(fixture, pw_bytes_view(&fixture->precompiled)), PW_CACHE_PRECOMPILED);
  assert_int_equal(fixture->note.code, PW_ERROR_NONE);
  assert_int_equal(load(fixture, pw_bytes_view(&fixture->plain)), PW_CACHE_OFF);
}

static void
the_module_is_what_it_was(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_precompiled_file parts   = pw_precompiled_split(pw_bytes_view(&fixture->precompiled));
  struct pw_precompiled_file plain   = pw_precompiled_split(pw_bytes_view(&fixture->plain));

  assert_true(pw_view_equal(parts.module, pw_bytes_view(&fixture->plain)));
  assert_true(parts.sections.size > fixture->added);
  assert_true(pw_view_equal(plain.module, pw_bytes_view(&fixture->plain)));
  assert_int_equal(plain.sections.size, 0);
}

/* An engine that knows no section of ours reads the file as any other module. */
static void
engines_read_the_whole_file_as_a_module(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_error            error;
  struct pw_compiled_module *module =
    fixture->guest.ops->module_compile(fixture->guest.engine, pw_bytes_view(&fixture->precompiled), &error);

  assert_non_null(module);
  fixture->guest.ops->module_delete(module);
}

static void
a_truncated_file_is_never_run(void **state)
{
  struct fixture         *fixture = *state;
  struct pw_view          file    = pw_bytes_view(&fixture->precompiled);
  struct pw_module_source source  = {0};
  struct pw_error         error;

  for (size_t i = 1; i < 40; i++) {
    size_t                     size  = fixture->plain.size + (file.size - fixture->plain.size) * i / 40;
    struct pw_precompiled_file parts = pw_precompiled_split(pw_view_make(file.data, size));

    assert_int_equal(parts.sections.size, 0);
    source.code = parts.module;
    assert_null(pw_engine_load_module(fixture->guest.ops, fixture->guest.engine, &fixture->settings, &source, NULL,
                                      NULL, &error));
    assert_int_equal(error.code, PW_ERROR_MODULE);
  }
}

/* The content of the only section, to be spoilt; with the sizes around it still right. */
static char *
packed_of(struct pw_bytes *file, size_t *size)
{
  struct pw_precompiled_file parts = pw_precompiled_split(pw_bytes_view(file));
  struct pw_view             packed;

  assert_true(pw_precompiled_next(&parts.sections, &packed));
  *size = packed.size;
  return (char *)file->data + (packed.data - (const char *)file->data);
}

static void
a_bit_that_was_changed_anywhere_is_noticed(void **state)
{
  struct fixture *fixture = *state;
  size_t          size;
  char           *packed = packed_of(&fixture->precompiled, &size);

  /* Each time the module is compiled instead, which takes wasm2c two programs. */
  size_t step = strcmp(fixture->guest.ops->name, "wasm2c") == 0 ? 15 : 1;

  for (size_t i = 0; i < 240 + 16; i += step) {
    /* All of the header, and some of the rest. */
    size_t at = i < 240 ? i : 240 + (size - 241) * (i - 240) / 15;

    packed[at] ^= (char)(1 << (i % 8));
    expect_refused(fixture, pw_bytes_view(&fixture->precompiled), "");
    packed[at] ^= (char)(1 << (i % 8));
  }
  assert_int_equal(load(fixture, pw_bytes_view(&fixture->precompiled)), PW_CACHE_PRECOMPILED);
}

static void
code_of_another_module_is_refused(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_precompiled_file parts   = pw_precompiled_split(pw_bytes_view(&fixture->precompiled));
  struct pw_bytes            other   = {0};

  /* A custom section more changes nothing but the hash. */
  assert_true(pw_bytes_append(&other, fixture->plain.data, fixture->plain.size));
  assert_true(pw_bytes_append(&other, "\0\2\1x", 4));
  assert_true(pw_bytes_append(&other, parts.sections.data, parts.sections.size));
  expect_refused(fixture, pw_bytes_view(&other), "compiled from another module, or the module was changed since");
  pw_bytes_clear(&other);
}

static void
code_with_something_behind_it_is_not_looked_at(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_precompiled_file parts;

  assert_true(pw_bytes_append(&fixture->precompiled, "\0\2\1x", 4));
  parts = pw_precompiled_split(pw_bytes_view(&fixture->precompiled));
  assert_int_equal(parts.sections.size, 0);
  assert_int_equal(parts.module.size, fixture->precompiled.size);
}

static void
code_for_other_settings_is_refused(void **state)
{
  struct fixture *fixture = *state;

  fixture->settings.stack_bytes = 256 << 10;
  expect_refused(fixture, pw_bytes_view(&fixture->precompiled),
                 "it is for a stack (limits.stack) of 524288 bytes, not of 262144");
  assert_non_null(strstr(fixture->note.message, "--stack 262144'"));
  fixture->settings.stack_bytes = 512 << 10;
  fixture->settings.profile     = true;
  expect_refused(fixture, pw_bytes_view(&fixture->precompiled), "it is for 'profile: false', not for 'profile: true'");
  assert_non_null(strstr(fixture->note.message, " --profile'"));
}

static const char *
older_version(void)
{
  return "0.0.1";
}

static void
code_of_another_version_is_refused_and_replaced(void **state)
{
  struct fixture      *fixture = *state;
  struct pw_engine_ops older   = *fixture->guest.ops;
  struct pw_bytes      file;
  struct pw_bytes      again;
  char                 text[64];

  older.version = older_version;
  file          = add_code(fixture, &older, pw_bytes_view(&fixture->plain));
  snprintf(text, sizeof text, "it is for %s 0.0.1, this is %s ", older.name, older.name);
  expect_refused(fixture, pw_bytes_view(&file), text);
  again = add_code(fixture, fixture->guest.ops, pw_bytes_view(&file));
  assert_true(again.size < file.size + 64);
  assert_int_equal(load(fixture, pw_bytes_view(&again)), PW_CACHE_PRECOMPILED);
  pw_bytes_clear(&file);
  pw_bytes_clear(&again);
}

static void
a_file_has_code_for_several_engines_and_settings(void **state)
{
  struct fixture      *fixture = *state;
  struct pw_engine_ops other   = *fixture->guest.ops;
  struct pw_bytes      both, all;

  other.name                    = "other";
  both                          = add_code(fixture, &other, pw_bytes_view(&fixture->precompiled));
  fixture->settings.stack_bytes = 256 << 10;
  all                           = add_code(fixture, &other, pw_bytes_view(&both));
  assert_true(all.size > fixture->precompiled.size + 2 * fixture->added);
  /* Of those that do not fit, the one of this engine is told of. */
  expect_refused(fixture, pw_bytes_view(&all), "limits.stack");
  fixture->settings.stack_bytes = 512 << 10;
  assert_int_equal(load(fixture, pw_bytes_view(&both)), PW_CACHE_PRECOMPILED);
  assert_int_equal(load(fixture, pw_bytes_view(&all)), PW_CACHE_PRECOMPILED);
  pw_bytes_clear(&both);
  pw_bytes_clear(&all);
}

/* A section that somebody made up, with the digest that it should have. */
static void
append_forged(struct fixture *fixture, struct pw_view content, struct pw_bytes *file)
{
  struct pw_code_identity identity;
  struct pw_bytes         packed = {0};
  struct pw_error         error;
  unsigned char           head[7] = {0, 0x80, 0x80, 0x80, 0x80, 0, sizeof PW_PRECOMPILED_SECTION - 1};
  size_t                  size;

  assert_true(
    pw_code_identify(fixture->guest.ops, &fixture->settings, pw_bytes_view(&fixture->plain), false, &identity, &error));
  assert_true(pw_code_pack(&identity, content, &packed, &error));
  size = packed.size + sizeof PW_PRECOMPILED_SECTION;
  for (int i = 0; i < 4; i++) {
    head[1 + i] |= (unsigned char)(size >> (7 * i) & 0x7f);
  }
  assert_true(pw_bytes_append(file, fixture->plain.data, fixture->plain.size));
  assert_true(pw_bytes_append(file, head, sizeof head));
  assert_true(pw_bytes_append(file, PW_PRECOMPILED_SECTION, sizeof PW_PRECOMPILED_SECTION - 1));
  assert_true(pw_bytes_append(file, packed.data, packed.size));
  pw_bytes_clear(&packed);
}

/* Whoever can write the file and is allowed precompiled code runs what they like: this is for accidents. */
static void
what_is_no_code_of_the_engine_is_refused_by_it(void **state)
{
  struct fixture *fixture    = *state;
  char            noise[600] = {0};

  for (size_t size = 0; size < sizeof noise; size = size * 2 + 1) {
    struct pw_bytes file = {0};

    append_forged(fixture, pw_view_make(noise, size), &file);
    expect_refused(fixture, pw_bytes_view(&file), "refuses the compiled code");
    pw_bytes_clear(&file);
    memset(noise, (int)size + 1, size);
  }
}

/* What Wasmtime's bytes say of a feature of the processor: the name of the setting, of what kind it is, its value. */
static char *
feature_of(const struct pw_bytes *code, const char *name)
{
  char *at = memmem(code->data, code->size, name, strlen(name));

  assert_non_null(at);
  return at + strlen(name) + 1;
}

/* Changes what the engine's own bytes say of the processor that they need. False: there is nothing that this one lacks.
 */
static bool
ask_for_another_processor(const char *engine, struct pw_bytes *code)
{
  static const char *const features[] = {"has_avx512f", "has_avx512vbmi", "has_avx512bitalg"};
  char                    *at;

  if (strcmp(engine, "v8") == 0) {
    /* Eight bytes of ours, and then V8's magic, version, features of the processor, flags: 32 bits each. */
    code->data[8 + 2 * 4] ^= 1;
    return true;
  }
  if (strcmp(engine, "wasm2c") == 0) {
    /* It needs what all processors of an architecture have: the architecture, in the head of the shared object. */
    code->data[18] ^= 1;
    return true;
  }
  assert_string_equal(engine, "wasmtime");
  for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
    at = feature_of(code, features[i]);
    if (*at == 0) {
      *at = 1;
      return true;
    }
  }
  return false;
}

/* We leave the processor to the engine: that it looks is to be seen here. */
static void
code_for_another_processor_is_refused_by_the_engine(void **state)
{
  struct fixture             *fixture = *state;
  const struct pw_engine_ops *ops     = fixture->guest.ops;
  struct pw_bytes             code    = {0};
  struct pw_bytes             file    = {0};
  struct pw_error             error;
  struct pw_compiled_module  *module =
    ops->module_compile(fixture->guest.engine, pw_bytes_view(&fixture->plain), &error);

  assert_non_null(module);
  assert_true(ops->module_serialize(module, &code, &error));
  ops->module_delete(module);
  if (ask_for_another_processor(ops->name, &code)) {
    append_forged(fixture, pw_bytes_view(&code), &file);
    expect_refused(fixture, pw_bytes_view(&file), "refuses the compiled code: ");
  }
  pw_bytes_clear(&code);
  pw_bytes_clear(&file);
}

/* It asks for nothing that came after x86-64-v2, and runs here all the same. */
static void
portable_code_is_taken_and_asks_for_little(void **state)
{
  static const char *const    none[]   = {"has_avx", "has_avx2", "has_fma", "has_bmi1", "has_bmi2", "has_lzcnt"};
  struct fixture             *fixture  = *state;
  const struct pw_engine_ops *ops      = fixture->guest.ops;
  struct pw_engine           *native   = fixture->guest.engine;
  struct pw_engine_settings   settings = {.stack_bytes = fixture->settings.stack_bytes, .portable = true};
  struct pw_error             error;
  struct pw_bytes             file;

  fixture->guest.engine = ops->engine_new(&settings, &error);
  if (!fixture->guest.engine) {
    fixture->guest.engine = native;
    assert_string_equal(ops->name, "v8");
    assert_non_null(strstr(error.message, "compiles for the processor that it runs on"));
    return;
  }
  file = add_code(fixture, ops, pw_bytes_view(&fixture->plain));
  ops->engine_delete(fixture->guest.engine);
  fixture->guest.engine = native;
  /* wasm2c's always asks for little, and says nothing of it. */
  if (strcmp(ops->name, "wasmtime") == 0) {
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
      assert_int_equal(*feature_of(&file, none[i]), 0);
    }
    assert_int_equal(*feature_of(&file, "has_sse42"), 1);
  }
  assert_int_equal(load(fixture, pw_bytes_view(&file)), PW_CACHE_PRECOMPILED);
  pw_bytes_clear(&file);
}

static void
sections_that_hold_nothing_of_ours_are_refused(void **state)
{
  static const char name[]  = PW_PRECOMPILED_SECTION;
  struct fixture   *fixture = *state;
  char              head[]  = {0, sizeof name, sizeof name - 1};

  assert_true(pw_bytes_append(&fixture->plain, head, sizeof head));
  assert_true(pw_bytes_append(&fixture->plain, name, sizeof name - 1));
  expect_refused(fixture, pw_bytes_view(&fixture->plain), "no compiled code of this version of proxywasm");
}

static void
looking_tells_what_it_is_for_and_whether_it_is_intact(void **state)
{
  struct fixture            *fixture = *state;
  struct pw_precompiled_file parts   = pw_precompiled_split(pw_bytes_view(&fixture->precompiled));
  struct pw_view             packed;
  struct pw_precompiled_note note;

  assert_true(pw_precompiled_next(&parts.sections, &packed));
  assert_false(pw_precompiled_next(&parts.sections, &packed));
  pw_precompiled_look(parts.module, packed, &note);
  assert_true(note.known && note.intact && note.fits);
  assert_string_equal(note.identity.engine, fixture->guest.ops->name);
  assert_string_equal(note.identity.version, fixture->guest.ops->version());
  assert_int_equal(note.identity.stack_bytes, 512 << 10);
  pw_precompiled_look(parts.module, pw_view_make(packed.data, packed.size - 1), &note);
  assert_true(note.known && !note.intact && !note.fits);
  assert_string_equal(note.error.message, "truncated");
  pw_precompiled_look(pw_view_of("another"), packed, &note);
  assert_true(note.intact && !note.fits);
  pw_precompiled_look(parts.module, pw_view_of("noise"), &note);
  assert_false(note.known || note.intact || note.fits);
}

static void
an_engine_without_compiled_code_says_so(void **state)
{
  struct fixture      *fixture = *state;
  struct pw_engine_ops ops     = *fixture->guest.ops;
  struct pw_bytes      out     = {0};
  struct pw_error      error;

  ops.module_serialize = NULL;
  assert_false(pw_precompiled_add(&ops, fixture->guest.engine, &fixture->settings, pw_bytes_view(&fixture->plain), &out,
                                  &fixture->added, &error));
  assert_int_equal(error.code, PW_ERROR_ENGINE);
  assert_non_null(strstr(error.message, "has no compiled code"));
  assert_int_equal(out.size, 0);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    TEST(it_is_taken_when_it_fits),
    TEST(the_module_is_what_it_was),
    TEST(engines_read_the_whole_file_as_a_module),
    TEST(a_truncated_file_is_never_run),
    TEST(a_bit_that_was_changed_anywhere_is_noticed),
    TEST(code_of_another_module_is_refused),
    TEST(code_with_something_behind_it_is_not_looked_at),
    TEST(code_for_other_settings_is_refused),
    TEST(code_of_another_version_is_refused_and_replaced),
    TEST(a_file_has_code_for_several_engines_and_settings),
    TEST(what_is_no_code_of_the_engine_is_refused_by_it),
    TEST(code_for_another_processor_is_refused_by_the_engine),
    TEST(portable_code_is_taken_and_asks_for_little),
    TEST(sections_that_hold_nothing_of_ours_are_refused),
    TEST(looking_tells_what_it_is_for_and_whether_it_is_intact),
    TEST(an_engine_without_compiled_code_says_so),
  };
  const struct CMUnitTest without[] = {
    TEST(an_engine_without_compiled_code_says_so),
  };

  /* What an interpreter does with such a file is what every engine does with a custom section. */
  if (!find_engine()->module_serialize) {
    return cmocka_run_group_tests_name("without compiled code", without, NULL, NULL);
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
