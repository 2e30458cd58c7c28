/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file interim_response.h
 * Interim responses (1xx) at the beginning of what an origin sent.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_INTERIM_RESPONSE_H
#define PROXYWASM_TRAFFIC_SERVER_INTERIM_RESPONSE_H

#include <proxywasm/types.h>

/** The size of the interim responses (RFC 9110, 15.2) that bytes begin with, as far as they are complete. `*final`:
 *  something else begins after them; what is no response at all is for the server to refuse. */
size_t pw_interim_responses(struct pw_view bytes, bool *final);

#endif
