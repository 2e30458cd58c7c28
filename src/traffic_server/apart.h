/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file apart.h
 * What is kept out of the functions that each request goes through, so that these take fewer lines of the instruction
 * cache: between two requests the server runs so much other code that none of them is in it (see request_path.ld).
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_APART_H
#define PROXYWASM_TRAFFIC_SERVER_APART_H

/** A function that only some transactions need: those with bodies to filter, those that go to the origin. */
#define PW_APART __attribute__((noinline))
/** A function for what seldom comes to pass: failures, replies of modules, resumes that come too late. */
#define PW_SELDOM __attribute__((cold))

#endif
