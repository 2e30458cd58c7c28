/* SPDX-License-Identifier: Apache-2.0 */
#include "host/log.h"

#include <stdarg.h>
#include <stdio.h>

void
pw_instance_log(struct pw_instance *instance, enum pw_log_level level, struct pw_view text)
{
  struct pw_host         *host   = instance->worker->host;
  const struct pw_plugin *plugin = instance->plugin;
  uint64_t                dropped;
  bool                    allowed;

  if (level < plugin->config.log_level) {
    return;
  }
  allowed = pw_log_limiter_allow(&instance->log_limiter, plugin->config.limits.log_lines_per_second,
                                 host->proxy->time_monotonic(host->proxy_data), &dropped);
  if (dropped > 0) {
    pw_host_log(host, plugin, PW_LOG_WARN, "%llu log lines of the module were dropped: it writes more than %u a second",
                (unsigned long long)dropped, plugin->config.limits.log_lines_per_second);
  }
  if (allowed) {
    host->proxy->log(host->proxy_data, plugin, level,
                     pw_log_text(text, plugin->config.limits.log_line_bytes, &instance->worker->log_bytes));
  }
}

void
pw_host_log(struct pw_host *host, const struct pw_plugin *plugin, enum pw_log_level level, const char *format, ...)
{
  char    text[2560];
  va_list arguments;
  int     length;

  va_start(arguments, format);
  length = vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  if (length > 0) {
    size_t size = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;

    while (size > 0 && text[size - 1] == '\n') {
      --size;
    }
    host->proxy->log(host->proxy_data, plugin, level, pw_view_make(text, size));
  }
}
