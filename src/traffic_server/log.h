/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file log.h
 * Where log lines go: Traffic Server's diags (diags.log, and traffic.out for debug output), and wasm.log for what
 * modules say. All functions: any thread. No text is ever taken as a format, and no line can end the server: the levels
 * that do (fatal, alert, emergency) are not used.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_LOG_H
#define PROXYWASM_TRAFFIC_SERVER_LOG_H

#include <proxywasm/host.h>

/** Opens wasm.log. Called once; without it (or when it fails) lines go to diags alone. */
void pw_log_open(void);

/** The plugin's own lines (printf). Several lines in one message become several lines of the log. */
void pw_log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void pw_log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void pw_log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Only when the debug tag "wasm" is on. */
void pw_log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** pw_proxy_ops.log: to diags, as the level asks, and to wasm.log. */
void pw_log_module(void *proxy, const struct pw_plugin *plugin, enum pw_log_level level, struct pw_view text);

#endif
