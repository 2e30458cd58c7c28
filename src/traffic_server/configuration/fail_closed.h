/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fail_closed.h
 * What a configuration file that cannot be read says about failing.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_FAIL_CLOSED_H
#define PROXYWASM_TRAFFIC_SERVER_FAIL_CLOSED_H

#include <proxywasm/types.h>

/**
 * Whether a line of the text sets `fail_open` to false, in YAML's or JSON's form, whatever else is wrong with the text.
 * An operator who wrote that wants no request to pass unfiltered, least of all because of a slip in another line.
 */
bool pw_text_says_fail_closed(struct pw_view text);

#endif
