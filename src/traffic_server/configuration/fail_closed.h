/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fail_closed.h
 * What a configuration file that cannot be read says about failing.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_FAIL_CLOSED_H
#define PROXYWASM_TRAFFIC_SERVER_FAIL_CLOSED_H

#include <proxywasm/types.h>

/**
 * Whether the text sets `fail_open` to false, in YAML's or JSON's form, whatever else is wrong with the text: an
 * operator who wrote that wants no request to pass unfiltered, least of all because of a slip in another line. Neither
 * because of one in this: `fail_open` with what is no word for true, and a key that was to be `fail_open`, with false,
 * count as well.
 */
bool pw_text_says_fail_closed(struct pw_view text);

#endif
