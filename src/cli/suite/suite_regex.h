/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suite_regex.h
 * Regular expressions of suites: they match a whole text. "." matches no line end, "$" only the very end, as in RE2.
 */
#ifndef PROXYWASM_CLI_SUITE_REGEX_H
#define PROXYWASM_CLI_SUITE_REGEX_H

#include <proxywasm/types.h>

struct pw_suite_regex;

/** Whether it compiles; if not, why and where, into `problem`. */
bool pw_suite_regex_check(struct pw_view pattern, char *problem, size_t size);
/** NULL: it does not compile, or memory is out. */
struct pw_suite_regex *pw_suite_regex_new(struct pw_view pattern);
/** NULL is allowed. */
void pw_suite_regex_delete(struct pw_suite_regex *regex);
/** Whether the whole text matches. A pattern that takes far too long on it counts as no match. */
bool pw_suite_regex_matches(const struct pw_suite_regex *regex, struct pw_view text);

#endif
