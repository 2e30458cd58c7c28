/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file notes.h
 * Where the callbacks of fake modules write down that they were called, and with what.
 */
#ifndef TESTS_FAKES_NOTES_H
#define TESTS_FAKES_NOTES_H

/** All that was noted since the last clear, one after the other. */
extern char notes[4096];

void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void notes_clear(void);

#endif
