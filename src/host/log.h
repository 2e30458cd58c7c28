/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file log.h
 * The way of a module's log line: level, rate, length, control characters, and then the proxy.
 */
#ifndef PROXYWASM_HOST_LOG_H
#define PROXYWASM_HOST_LOG_H

#include "host/internal.h"

/** A line that a module wrote. Dropped when it is below the plugin's level or too many came this second. */
void pw_instance_log(struct pw_instance *instance, enum pw_log_level level, struct pw_view text);
/** A line of the host about what a module does, which it may do without end: counted as the module's own. */
void pw_instance_note(struct pw_instance *instance, enum pw_log_level level, const char *format, ...)
  __attribute__((format(printf, 3, 4)));

#endif
