/* SPDX-License-Identifier: Apache-2.0 */
/* What the C compiler is given:
 *
 *     wasm-rt.h
 *     static … Z_hZ_i0(…)           a function for each import, which calls the host
 *     …                             what wasm2c made, with what holds it put in
 *     static void call_0(…)         a function for each export, for the engine
 *     pw_wasm2c_object              the table of all that
 *
 * wasm2c's code has nothing that ends a loop. A look at the clock is put behind the label of each: they are counted,
 * and code with fewer of them than the module has loops is refused. */
#include "internal.h"

#include <stdio.h>

/* The text of wasm-rt.h, between these. */
__asm__(".pushsection .rodata\n"
        ".global pw_wasm2c_header_begin\n"
        "pw_wasm2c_header_begin:\n"
        ".incbin \"" PW_WASM2C_HEADER "\"\n"
        ".global pw_wasm2c_header_end\n"
        "pw_wasm2c_header_end:\n"
        ".popsection\n");
extern const char pw_wasm2c_header_begin[];
extern const char pw_wasm2c_header_end[];

/* In C, by the letters of struct pw_function_type. */
static const struct {
  char        letter;
  const char *type;
  const char *member; /* of union pw_wasm2c_value */
} types[] = {{'i', "uint32_t", "i32"}, {'I', "uint64_t", "i64"}, {'f', "float", "f32"}, {'F', "double", "f64"}};

static size_t
type_of(char letter)
{
  size_t i = 0;

  while (types[i].letter != letter) {
    i++;
  }
  return i;
}

__attribute__((format(printf, 2, 3))) static void
write_text(struct pw_writer *to, const char *format, ...)
{
  char    text[512];
  va_list arguments;
  int     size;

  va_start(arguments, format);
  size = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  to->failed = to->failed || size < 0 || (size_t)size >= sizeof text;
  if (!to->failed) {
    pw_write_bytes(to, text, (size_t)size);
  }
}

/* ---- imports ---- */

static void
write_import(struct pw_writer *to, size_t number, const struct pw_function_type *type)
{
  bool results = type->result != 'v';

  write_text(to, "static PW_WASM2C_STUB %s Z_hZ_i%zu(struct Z_h_instance_t *host",
             results ? types[type_of(type->result)].type : "void", number);
  for (unsigned i = 0; i < type->parameter_count; i++) {
    write_text(to, ", %s p%u", types[type_of(type->parameters[i])].type, i);
  }
  write_text(to, ")\n{\n  union pw_wasm2c_value v[%u];\n", type->parameter_count > 0 ? type->parameter_count : 1u);
  for (unsigned i = 0; i < type->parameter_count; i++) {
    write_text(to, "  v[%u].i64 = 0;\n  v[%u].%s = p%u;\n", i, i, types[type_of(type->parameters[i])].member, i);
  }
  write_text(to, "  pw_wasm2c_call_out(host, %zu, v);\n", number);
  if (results) {
    write_text(to, "  return v[0].%s;\n", types[type_of(type->result)].member);
  }
  write_text(to, "}\n");
}

/* ---- wasm2c's code ---- */

struct counts {
  size_t loops;
  size_t functions;
  size_t places; /* where what is ours is put in */
};

/* Whether a line is the label of a loop: "  w2c_L5: ". Labels of blocks have another letter, and end otherwise. */
static bool
is_loop(struct pw_view line)
{
  static const char begin[] = "w2c_L";
  size_t            at      = 0;

  while (at < line.size && line.data[at] == ' ') {
    at++;
  }
  return line.size >= at + sizeof begin + 1 && memcmp(line.data + at, begin, sizeof begin - 1) == 0 &&
         memcmp(line.data + line.size - 2, ": ", 2) == 0;
}

/* The name in a function's declaration, "static u32 w2c_f9(Z_m_instance_t*, u32);"; empty: the line is none. */
static struct pw_view
declared_name(struct pw_view line)
{
  static const char begin[] = "static ";
  static const char first[] = "(Z_m_instance_t*";
  const char       *open    = memchr(line.data, '(', line.size);
  size_t            size    = 0;

  if (!open || line.size < sizeof begin || memcmp(line.data, begin, sizeof begin - 1) != 0 ||
      line.data[line.size - 1] != ';' || (size_t)(line.data + line.size - open) < sizeof first ||
      memcmp(open, first, sizeof first - 1) != 0) {
    return pw_view_make(NULL, 0);
  }
  while (open - size > line.data && open[-(ptrdiff_t)size - 1] != ' ') {
    size++;
  }
  return pw_view_make(open - size, size);
}

static bool
is_line(struct pw_view line, const char *text)
{
  return pw_view_equal(line, pw_view_of(text));
}

/* Behind wasm2c's macros, before its functions. */
static void
write_macros(struct pw_writer *to)
{
  write_text(to, "#undef FUNC_PROLOGUE\n#define FUNC_PROLOGUE PW_WASM2C_FUNCTION(instance)\n"
                 "#undef CALL_INDIRECT\n#define CALL_INDIRECT PW_WASM2C_CALL_INDIRECT\n");
}

static void
write_line(struct pw_writer *to, struct pw_view line, struct pw_writer *functions, struct counts *counts)
{
  struct pw_view name;

  if (is_line(line, "#include \"wasm-rt.h\"") || is_line(line, "#include \"wasm.h\"")) {
    counts->places++;
    return;
  }
  if (is_line(line, "static bool s_module_initialized = false;")) {
    counts->places++;
    write_macros(to);
  }
  pw_write_bytes(to, line.data, line.size);
  pw_write_byte(to, '\n');
  if (is_loop(line)) {
    counts->loops++;
    write_text(to, "PW_WASM2C_LOOP(instance);\n");
  }
  name = declared_name(line);
  if (name.size > 0) {
    counts->functions++;
    pw_write_bytes(functions, "(void *)", 8);
    pw_write_bytes(functions, name.data, name.size);
    pw_write_bytes(functions, ",\n", 2);
  }
}

/* The names of functions go to `functions`. False: it is not as it should be. */
static bool
write_code(struct pw_writer *to, struct pw_view code, const struct pw_valid_notes *notes, struct pw_writer *functions)
{
  struct counts counts = {0};

  while (code.size > 0) {
    const char *end  = memchr(code.data, '\n', code.size);
    size_t      size = end ? (size_t)(end - code.data) : code.size;

    write_line(to, pw_view_make(code.data, size), functions, &counts);
    size += end != NULL;
    code.data += size;
    code.size -= size;
  }
  /* Two lines that include, one that macros go before. */
  return counts.places == 3 && counts.loops == notes->reached_loops && counts.functions == notes->function_count;
}

/* ---- exports, and the table ---- */

static void
write_call(struct pw_writer *to, size_t number, const struct pw_function_type *type)
{
  bool results = type->result != 'v';

  write_text(to, "static void call_%zu(void *instance, union pw_wasm2c_value *v)\n{\n  ", number);
  if (results) {
    write_text(to, "%s result = ", types[type_of(type->result)].type);
  }
  write_text(to, "Z_mZ_e%zu(instance", number);
  for (unsigned i = 0; i < type->parameter_count; i++) {
    write_text(to, ", v[%u].%s", i, types[type_of(type->parameters[i])].member);
  }
  write_text(to, ");\n");
  if (results) {
    write_text(to, "  v[0].i64 = 0;\n  v[0].%s = result;\n", types[type_of(type->result)].member);
  }
  write_text(to, "}\n");
}

/* Answers the number of the export that is the memory; SIZE_MAX: there is none. */
static size_t
write_calls(struct pw_writer *to, const struct pw_module_info *info)
{
  size_t memory = SIZE_MAX;

  for (size_t i = 0; i < info->export_count; i++) {
    if (pw_wasm2c_is_callable(&info->exports[i])) {
      write_call(to, i, &info->exports[i].type);
    } else if (pw_wasm2c_is_memory(&info->exports[i])) {
      memory = i;
    }
  }
  write_text(to, "static const pw_wasm2c_call calls[] = {\n");
  for (size_t i = 0; i < info->export_count; i++) {
    if (pw_wasm2c_is_callable(&info->exports[i])) {
      write_text(to, "call_%zu,\n", i);
    } else {
      write_text(to, "0,\n");
    }
  }
  write_text(to, "0};\n");
  return memory;
}

static void
write_stubs(struct pw_writer *to, size_t count)
{
  write_text(to, "#ifdef PW_WASM2C_PROFILE\nstatic void *const all_stubs[] = {\n");
  for (size_t i = 0; i < count; i++) {
    write_text(to, "(void *)Z_hZ_i%zu,\n", i);
  }
  write_text(to, "0};\n#else\n#define all_stubs 0\n#endif\n");
}

static void
write_table(struct pw_writer *to, const struct pw_module_info *info, const struct pw_valid_notes *notes,
            const struct pw_writer *functions)
{
  size_t memory = write_calls(to, info);

  to->failed = to->failed || functions->failed;
  write_stubs(to, info->import_count);
  write_text(to, "static void *const functions[] = {\n");
  pw_write_bytes(to, functions->bytes.data, functions->bytes.size);
  write_text(to,
             "0};\n"
             "static void begin(const struct pw_wasm2c_runtime *runtime)\n"
             "{\n  pw_wasm2c_runtime = runtime;\n  Z_m_init_module();\n}\n"
             "static void start(void *instance)\n{\n  Z_m_instantiate(instance%s);\n}\n"
             "static void end(void *instance)\n{\n  Z_m_free(instance);\n}\n",
             info->import_count > 0 ? ", instance" : "");
  if (memory != SIZE_MAX) {
    write_text(to, "static wasm_rt_memory_t *memory(void *instance)\n{\n  return Z_mZ_e%zu(instance);\n}\n", memory);
  }
  write_text(to,
             "__attribute__((visibility(\"default\"))) const struct pw_wasm2c_object pw_wasm2c_object = {\n"
             ".interface = PW_WASM2C_INTERFACE,\n.call_count = %zu,\n.function_count = %zu,\n.import_count = %zu,\n"
             ".instance_size = sizeof(Z_m_instance_t),\n.begin = begin,\n.start = start,\n.end = end,\n.memory = %s,\n"
             ".calls = calls,\n.functions = functions,\n.stubs = all_stubs};\n",
             info->export_count, notes->function_count, info->import_count, memory != SIZE_MAX ? "memory" : "0");
}

bool
pw_wasm2c_source(struct pw_view code, const struct pw_module_info *info, const struct pw_valid_notes *notes,
                 struct pw_bytes *out, struct pw_error *error)
{
  struct pw_writer to        = {.bytes = *out};
  struct pw_writer functions = {0};
  bool             expected;

  write_text(&to, "#define PW_WASM2C_CODE 1\n");
  pw_write_bytes(&to, pw_wasm2c_header_begin, (size_t)(pw_wasm2c_header_end - pw_wasm2c_header_begin));
  write_text(&to, "struct Z_h_instance_t;\n");
  for (size_t i = 0; i < info->import_count; i++) {
    write_import(&to, i, &info->imports[i].type);
  }
  expected = write_code(&to, code, notes, &functions);
  write_table(&to, info, notes, &functions);
  pw_writer_clear(&functions);
  *out = to.bytes;
  if (to.failed) {
    return pw_error_set(error, PW_ERROR_MEMORY, "C code of a module");
  }
  return expected ||
         pw_error_set(error, PW_ERROR_ENGINE,
                      "wasm2c cannot compile the module: its C code is not as wabt " PW_WASM2C_VERSION " makes it");
}
