/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file written_pages.h
 * Which pages of a private mapping of a file were written to, and are no longer the file's: the system is asked, which
 * takes a hundredth of what it takes to drop them all and to have them again.
 *
 * For one thread at a time.
 */
#ifndef PROXYWASM_ENGINE_COMMON_WRITTEN_PAGES_H
#define PROXYWASM_ENGINE_COMMON_WRITTEN_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where Linux tells it (proc(5), "pagemap"). */
#define PW_PAGEMAP "/proc/self/pagemap"

struct pw_written_pages;

/** Begins to ask `pagemap` (PW_PAGEMAP; else for tests) about mappings of up to `pages` pages of `file`, which has two
 *  at least. NULL: memory is out, or `pagemap` is not to be believed: it cannot be read, or it does not tell the truth
 * of a mapping that is made to try it, as in sandboxes that do not have the real one. */
struct pw_written_pages *pw_written_pages_new(const char *pagemap, int file, size_t pages);
/** NULL is allowed. */
void pw_written_pages_delete(struct pw_written_pages *written);

/** Asks about the `pages` pages from `memory` on. False: there is no answer. */
bool pw_written_pages_ask(struct pw_written_pages *written, const void *memory, size_t pages);
/** Whether the page of that index was written to when it was last asked. */
bool pw_written_pages_has(const struct pw_written_pages *written, size_t index);

#endif
