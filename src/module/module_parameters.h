/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file module_parameters.h
 * Which of its parameters a function looks at: what a callback is told and never reads need not be found out.
 */
#ifndef PROXYWASM_MODULE_PARAMETERS_H
#define PROXYWASM_MODULE_PARAMETERS_H

#include <proxywasm/module.h>

/** The answer when it cannot be told, or when there is no such function: all of them. */
#define PW_MODULE_ALL_PARAMETERS UINT32_MAX

/**
 * The parameters, as bits from the first on, that the code of an exported function reads or sets. Code can name no
 * parameter but by its number, so the others make no difference to it, whatever they are. All: it is imported, or has
 * an instruction that is not known here. `info` is what pw_module_info_read has made of `code`, which may be broken
 * beyond that. Takes time in proportion to the module's size, and no memory.
 */
uint32_t pw_module_parameters_used(struct pw_view code, const struct pw_module_info *info, const char *export_name);

#endif
