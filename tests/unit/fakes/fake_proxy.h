/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake_proxy.h
 * A proxy that notes down what the host asks of it. One map of headers serves as all four; what a test does not need
 * stays simple.
 */
#ifndef TESTS_FAKES_FAKE_PROXY_H
#define TESTS_FAKES_FAKE_PROXY_H

#include <proxywasm/host.h>

enum { FAKE_PROXY_HEADERS = 16 };

struct fake_proxy {
  uint64_t                now;        /**< both clocks, nanoseconds */
  char                    log[8192];  /**< lines "level: text" */
  const struct pw_plugin *log_plugin; /**< of the last one */
  int                     resumes[4]; /**< calls of `resume`, by stream type */
  struct pw_bytes         body[4];    /**< what left through `body_out` */
  bool                    body_end[4];
  uint32_t                reply_status; /**< of the last local reply; 0: none */
  char                    reply_body[256];
  int                     replies;
  uint32_t                tick;          /**< period of the last set_tick */
  struct pw_instance     *tick_instance; /**< and whose it was */
  int                     wakes;
  uint32_t                call_id; /**< of the last HTTP call */
  int                     calls;
  int                     cancelled;
  enum pw_status          call_status; /**< what http_call answers */
  char                    keys[FAKE_PROXY_HEADERS][64];
  char                    values[FAKE_PROXY_HEADERS][64];
  size_t                  headers;
  int                     counts;  /**< so often the number of headers was asked for */
  bool                    no_maps; /**< maps answer NOT_FOUND */
};

extern struct fake_proxy         fake;
extern const struct pw_proxy_ops fake_proxy_ops;

/** Everything as at the start. */
void fake_proxy_reset(void);
void fake_header(const char *key, const char *value);

#endif
