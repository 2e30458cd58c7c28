/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hostcalls.h
 * Every function that the host has to provide, with what its parameters mean, so that a script can call each of them
 * by name with any arguments at all. PROXY_WASM_ABI chooses the ABI that the module is built for.
 *
 * A letter of `parameters` stands for
 *   u  number, i32                               U  number, i64
 *   b  bytes: address and size                   p  serialised pairs: address and size
 *   v  vector of bytes: address and count        a  address of bytes whose size is known otherwise
 *   B  returns bytes: two slots, for address and size       P  returns serialised pairs, likewise
 *   r  returns a number: slot of 32 bits         R  likewise, 64 bits
 *   m  returns bytes into memory that the module gives
 */
#ifndef CALLER_HOSTCALLS_H
#define CALLER_HOSTCALLS_H

#include "base.h"

/** The most wasm parameters that a hostcall has (proxy_grpc_call). */
#define RAW_MAX 12

struct hostcall {
  const char *name;
  const char *parameters;
  char        result; /**< 's' ABI status, 'e' WASI errno, 'v' none */
  uint32_t (*call)(const uint64_t *raw);
};

/** By name, or NULL. */
const struct hostcall *hostcall_find(struct bytes name);

/** Any of them: `number` is taken modulo how many there are. */
const struct hostcall *hostcall_at(uint32_t number);

#endif
