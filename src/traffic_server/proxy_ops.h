/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file proxy_ops.h
 * Traffic Server as a proxy: its struct pw_proxy_ops.
 *
 * `worker` is a struct pw_generation_worker, `stream` a struct pw_segment.
 */
#ifndef PROXYWASM_TRAFFIC_SERVER_PROXY_OPS_H
#define PROXYWASM_TRAFFIC_SERVER_PROXY_OPS_H

#include <proxywasm/proxy.h>

/** Static storage. */
const struct pw_proxy_ops *pw_traffic_server_ops(void);

#endif
