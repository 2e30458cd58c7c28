;; SPDX-License-Identifier: Apache-2.0
;; Imports 0.1.0's functions with a status, as the Rust SDK of that time declares them, where the text has none; and
;; has two-parameter headers callbacks.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_continue_request" (func $continue_request (result i32)))
  (import "env" "proxy_continue_response" (func $continue_response (result i32)))
  (import "env" "proxy_clear_route_cache" (func $clear_route_cache (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "statuses 000")
  (func (export "proxy_abi_version_0_1_0"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32) (result i32)
    (i32.store8 (i32.const 25) (i32.add (i32.const 48) (call $continue_request)))
    (i32.store8 (i32.const 26) (i32.add (i32.const 48) (call $continue_response)))
    (i32.store8 (i32.const 27) (i32.add (i32.const 48) (call $clear_route_cache)))
    (drop (call $log (i32.const 2) (i32.const 16) (i32.const 12)))
    (i32.const 0))
  (func (export "proxy_on_response_headers") (param i32 i32) (result i32) (i32.const 0)))
