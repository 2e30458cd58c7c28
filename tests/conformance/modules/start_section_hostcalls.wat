;; SPDX-License-Identifier: Apache-2.0
;; Hostcalls from the wasm start section, which runs while the instance is being made: none may touch what is not there
;; yet, and the VM lives on.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_pairs" (func $get_pairs (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "configured")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
  (func $start
    (drop (call $log (i32.const 2) (i32.const 16) (i32.const 10)))
    (drop (call $log (i32.const 2) (i32.const -1) (i32.const -1)))
    (drop (call $get_buffer (i32.const 7) (i32.const 0) (i32.const 100) (i32.const 64) (i32.const 68)))
    (drop (call $get_pairs (i32.const 0) (i32.const 64) (i32.const 68)))
    (drop (call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 64)))
    (drop (call $random (i32.const 64) (i32.const 16))))
  (start $start)
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $log (i32.const 2) (i32.const 16) (i32.const 10)))
    (i32.const 1)))
