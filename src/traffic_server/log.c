/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/log.h"

#include "traffic_server/compatibility.h"

#include <stdarg.h>
#include <stdio.h>

/* An error message with a trap's backtrace fits. */
#define LINE_BYTES 4096

static TSTextLogObject wasm_log;

void
pw_log_open(void)
{
  if (!wasm_log && TSTextLogObjectCreate("wasm", TS_LOG_MODE_ADD_TIMESTAMP, &wasm_log) != TS_SUCCESS) {
    wasm_log = NULL;
    pw_log_warning("wasm.log cannot be opened: modules log to diags.log only");
  }
}

static void
print(enum pw_log_level level, const char *prefix, const char *text, size_t size)
{
  int length = (int)size;
  switch (level) {
  case PW_LOG_TRACE:
  case PW_LOG_DEBUG:
    if (pw_debug_enabled()) {
      pw_debug_print(prefix, text, length);
    }
    return;
  case PW_LOG_INFO:
    TSNote("[wasm] %s%.*s", prefix, length, text);
    return;
  case PW_LOG_WARN:
    TSWarning("[wasm] %s%.*s", prefix, length, text);
    return;
  default:
    TSError("[wasm] %s%.*s", prefix, length, text);
  }
}

/* A diags entry for each line. */
static void print_lines(enum pw_log_level level, const char *format, va_list arguments)
  __attribute__((format(printf, 2, 0)));

static void
print_lines(enum pw_log_level level, const char *format, va_list arguments)
{
  char text[LINE_BYTES];
  vsnprintf(text, sizeof(text), format, arguments);
  for (char *line = text; line && *line;) {
    char  *end  = strchr(line, '\n');
    size_t size = end ? (size_t)(end - line) : strlen(line);
    print(level, "", line, size);
    line = end ? end + 1 : NULL;
  }
}

#define PW_LOG_FUNCTION(name, level)                                                                                   \
  void name(const char *format, ...)                                                                                   \
  {                                                                                                                    \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    print_lines(level, format, arguments);                                                                             \
    va_end(arguments);                                                                                                 \
  }

PW_LOG_FUNCTION(pw_log_error, PW_LOG_ERROR)
PW_LOG_FUNCTION(pw_log_warning, PW_LOG_WARN)
PW_LOG_FUNCTION(pw_log_note, PW_LOG_INFO)

void
pw_log_debug(const char *format, ...)
{
  va_list arguments;
  if (pw_debug_enabled()) {
    va_start(arguments, format);
    print_lines(PW_LOG_DEBUG, format, arguments);
    va_end(arguments);
  }
}

void
pw_log_module(void *proxy, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text)
{
  char prefix[160];
  (void)proxy;
  prefix[0] = '\0';
  if (plugin) {
    struct pw_view name = pw_plugin_configuration(plugin)->name;
    snprintf(prefix, sizeof(prefix), "%.*s: ", name.size < 128 ? (int)name.size : 128, name.size ? name.data : "");
  }
  size_t size = text.size < LINE_BYTES * 4 ? text.size : LINE_BYTES * 4;
  print(level, prefix, text.size ? text.data : "", size);
  if (wasm_log) {
    TSTextLogObjectWrite(wasm_log, "%s %s%.*s", pw_log_level_name(level), prefix, (int)size,
                         text.size ? text.data : "");
  }
}
