;; SPDX-License-Identifier: Apache-2.0
;; Pauses each request for an HTTP call to "auth": 200 lets it go on, anything else is answered 403 with bytes that are
;; no text, a failed call 500.
(module
  (import "env" "proxy_http_call"
    (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
  (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "auth")
  (data (i32.const 32) ":status")
  (data (i32.const 48) "why\ff\00not")
  (data (i32.const 64) "denied")
  (data (i32.const 80) "response seen")
  ;; {":method": "GET", ":path": "/check", ":authority": "auth"}
  (data (i32.const 128)
    "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\06\00\00\00\0a\00\00\00\04\00\00\00"
    ":method\00GET\00:path\00/check\00:authority\00auth\00")
  (global $free (mut i32) (i32.const 4096))
  (global $waiting (mut i32) (i32.const 0))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $waiting (local.get 0))
    (i32.eqz (call $call (i32.const 16) (i32.const 4) (i32.const 128) (i32.const 69) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 0))))
  (func (export "proxy_on_http_call_response") (param $context i32) (param $call i32) (param $headers i32) (param i32 i32)
    (drop (call $effective (global.get $waiting)))
    (if (i32.eqz (local.get $headers))
      (then
        (drop (call $reply (i32.const 500) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const -1)))
        (return)))
    (drop (call $get (i32.const 6) (i32.const 32) (i32.const 7) (i32.const 0) (i32.const 4)))
    (if (i32.eq (i32.load8_u (i32.load (i32.const 0))) (i32.const 0x32))
      (then (drop (call $continue (i32.const 0))))
      (else
        (drop (call $reply (i32.const 403) (i32.const 64) (i32.const 6) (i32.const 48) (i32.const 8) (i32.const 0)
          (i32.const 0) (i32.const -1))))))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (drop (call $log (i32.const 2) (i32.const 80) (i32.const 13)))
    (i32.const 0)))
