/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file loader.h
 * Where files of ours are that are opened at run time.
 */
#ifndef PROXYWASM_ENGINE_LOADER_H
#define PROXYWASM_ENGINE_LOADER_H

#include <proxywasm/engine.h>

/** Finds a file by its name, in the places where pw_engine_find looks for engines. Errors: ENGINE (it is in none). */
bool pw_engine_find_file(const char *name, char *path, size_t size, struct pw_error *error);

#endif
