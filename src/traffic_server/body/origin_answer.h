/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file origin_answer.h
 * The beginning of what an origin sends, where the plugin reads it in the server's place.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_ORIGIN_ANSWER_H
#define PROXYWASM_TRAFFIC_SERVER_ORIGIN_ANSWER_H

#include "traffic_server/compatibility.h"

#include <stdbool.h>

/** Takes interim responses (1xx) away: after one, the server (9.2.9) sends a request's body again. True: something else
 *  has begun, and is for the server to judge: a final response, no response at all, or an interim one beyond 16 KiB. */
bool pw_origin_answer_is_final(TSIOBufferReader reader);

#endif
