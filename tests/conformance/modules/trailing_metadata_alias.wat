;; SPDX-License-Identifier: Apache-2.0
;; AssemblyScript's runtime exports "proxy_on_grpc_trailing_metadata" for what the text calls
;; "proxy_on_grpc_receive_trailing_metadata".
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_stream" (func $grpc_stream (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_close" (func $grpc_close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "up")
  (data (i32.const 32) "trailing metadata")
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $grpc_stream (i32.const 16) (i32.const 2) (i32.const 16) (i32.const 2) (i32.const 16) (i32.const 2)
      (i32.const 0) (i32.const 0) (i32.const 64)))
    (drop (call $grpc_close (i32.load (i32.const 64))))
    (i32.const 1))
  (func (export "proxy_on_grpc_trailing_metadata") (param i32 i32 i32)
    (drop (call $log (i32.const 2) (i32.const 32) (i32.const 17)))))
