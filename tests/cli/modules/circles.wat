;; SPDX-License-Identifier: Apache-2.0
;; Goes round in circles: with the configuration "q" it feeds its own queue, with "h" each call that ends makes another.
(module
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_register_shared_queue" (func $register (param i32 i32 i32) (result i32)))
  (import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
  (import "env" "proxy_dequeue_shared_queue" (func $dequeue (param i32 i32 i32) (result i32)))
  (import "env" "proxy_http_call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "queue")
  ;; {":method": "GET", ":path": "/check", ":authority": "auth"}
  (data (i32.const 128)
    "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\06\00\00\00\0a\00\00\00\04\00\00\00"
    ":method\00GET\00:path\00/check\00:authority\00auth\00")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func $feed
    (drop (call $enqueue (i32.load (i32.const 8)) (i32.const 16) (i32.const 5))))
  (func $ask
    (drop (call $call (i32.const 16) (i32.const 5) (i32.const 128) (i32.const 69) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 0))))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $get_buffer (i32.const 7) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 4)))
    (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 0x71))
      (then
        (drop (call $register (i32.const 16) (i32.const 5) (i32.const 8)))
        (call $feed))
      (else (call $ask)))
    (i32.const 1))
  (func (export "proxy_on_queue_ready") (param i32 i32)
    (drop (call $dequeue (local.get 1) (i32.const 0) (i32.const 4)))
    (call $feed))
  (func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32)
    (call $ask)))
