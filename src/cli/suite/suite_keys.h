/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suite_keys.h
 * What the tables of a suite's keys share.
 */
#ifndef PROXYWASM_CLI_SUITE_KEYS_H
#define PROXYWASM_CLI_SUITE_KEYS_H

#include "cli/suite/suite.h"

#define OFFSET(type, field) offsetof(struct pw_suite_##type, field)

/** The ABI's statuses by name. */
extern const struct pw_schema_choice pw_suite_statuses[];
/** struct pw_suite_header. */
extern const struct pw_schema pw_suite_header_schema;
/** struct pw_suite_expectation. */
extern const struct pw_schema pw_suite_expectation_schema;

#endif
