/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file log_text.h
 * Makes a module's log text fit for a log file, and keeps a module from flooding it.
 */
#ifndef PROXYWASM_TEXT_LOG_TEXT_H
#define PROXYWASM_TEXT_LOG_TEXT_H

#include "text/sixteen.h"

/** Ranks what is of ASCII and can stay in a line, from 0x20 to 0x7e, before all else. */
static inline pw_sixteen
pw_log_rank(pw_sixteen bytes)
{
  return bytes - 0x20;
}

/** Whether pw_log_text answers the text itself; false: it is to be asked. */
__attribute__((always_inline)) static inline bool
pw_log_text_plain(struct pw_view text, size_t limit)
{
  return text.size <= limit && !pw_sixteen_find(text, pw_log_rank, 0x7e - 0x20);
}

/**
 * One line of valid UTF-8 without control characters but tab: others come out as \n, \r, \0, \x1b or \u0085, and bytes
 * that are no UTF-8 as \xff. A backslash stays as it is. Text beyond `limit` bytes of output is cut, never within a
 * character or an escape, and " [cut: 12345 bytes in all]" put behind it (on top of `limit`).
 *
 * Answers `text` itself when nothing is to be changed; else a view of `buffer`, which is overwritten, is reused from
 * call to call, and grows no further than `limit` and the mark. When memory is out the text is cut where the buffer
 * ends (perhaps to nothing).
 */
struct pw_view pw_log_text(struct pw_view text, size_t limit, struct pw_bytes *buffer);

/** How much one instance may log before the clock is looked at again. Zero-initialised is fresh. For one thread at a
 *  time. */
struct pw_log_limiter {
  uint64_t second_start; /**< nanoseconds */
  uint32_t left;         /**< lines that may be written without a look at the clock */
  uint64_t dropped;      /**< not let through, and not told yet */
};

/** Takes one of the lines that are left. False: pw_log_limiter_allow decides, and needs the time for it. */
static inline bool
pw_log_limiter_take(struct pw_log_limiter *limiter)
{
  if (limiter->left == 0) {
    return false;
  }
  limiter->left--;
  return true;
}

/**
 * Whether a line may be written at `now` (monotonic nanoseconds): a second after lines were last given out there are
 * `lines_per_second` more; 0: none. So there are never more than twice as many in a second, and, in the long run, never
 * more than that.
 * `*dropped` is set to the number of lines that were dropped in seconds before, when this is the time to tell (once a
 * second at most, and whether or not this line may be written), else to 0.
 */
bool pw_log_limiter_allow(struct pw_log_limiter *limiter, uint32_t lines_per_second, uint64_t now, uint64_t *dropped);

/** What was dropped and not told yet; for a timer, or the end of the instance. Counts as told. */
uint64_t pw_log_limiter_take_dropped(struct pw_log_limiter *limiter);

#endif
