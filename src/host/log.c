/* SPDX-License-Identifier: Apache-2.0 */
#include "host/log.h"

#include <stdarg.h>
#include <stdio.h>

static void
tell_dropped(struct pw_instance *instance, uint64_t dropped)
{
  const struct pw_plugin *plugin = instance->plugin;

  if (dropped > 0) {
    pw_host_log(instance->worker->host, plugin, PW_LOG_WARN,
                "%llu log lines of the module were dropped: it writes more than %u a second "
                "(limits.log_lines_per_second)",
                (unsigned long long)dropped, plugin->config.limits.log_lines_per_second);
  }
}

/* Whether a line may be written now, when those that were left are written. */
static bool
ask_limiter(struct pw_instance *instance)
{
  struct pw_host *host = instance->worker->host;
  uint64_t        now  = host->proxy->time_monotonic(host->proxy_data);
  uint64_t        dropped;
  bool            allowed =
    pw_log_limiter_allow(instance->limiter, instance->plugin->config.limits.log_lines_per_second, now, &dropped);

  tell_dropped(instance, dropped);
  return allowed;
}

void
pw_instance_tell_dropped(struct pw_instance *instance)
{
  tell_dropped(instance, pw_log_limiter_take_dropped(instance->limiter));
}

/* Whether a line of this level may still be written now. */
static inline bool
log_allowed(struct pw_instance *instance, enum pw_log_level level)
{
  return level >= instance->plugin->config.log_level &&
         (pw_log_limiter_take(instance->limiter) || ask_limiter(instance));
}

void
pw_instance_log(struct pw_instance *instance, enum pw_log_level level, struct pw_view text)
{
  struct pw_host         *host   = instance->worker->host;
  const struct pw_plugin *plugin = instance->plugin;

  if (log_allowed(instance, level)) {
    host->proxy->log(host->proxy_data, plugin, level,
                     pw_log_text(text, plugin->config.limits.log_line_bytes, &instance->worker->log_bytes));
  }
}

__attribute__((format(printf, 4, 0))) static void
log_formatted(struct pw_host *host, const struct pw_plugin *plugin, enum pw_log_level level, const char *format,
              va_list arguments)
{
  char text[2560];
  int  length = vsnprintf(text, sizeof(text), format, arguments);

  if (length > 0) {
    size_t size = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;

    while (size > 0 && text[size - 1] == '\n') {
      --size;
    }
    host->proxy->log(host->proxy_data, plugin, level, pw_view_make(text, size));
  }
}

void
pw_host_log(struct pw_host *host, const struct pw_plugin *plugin, enum pw_log_level level, const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  log_formatted(host, plugin, level, format, arguments);
  va_end(arguments);
}

void
pw_instance_note(struct pw_instance *instance, enum pw_log_level level, const char *format, ...)
{
  va_list arguments;

  if (log_allowed(instance, level)) {
    va_start(arguments, format);
    log_formatted(instance->worker->host, instance->plugin, level, format, arguments);
    va_end(arguments);
  }
}
