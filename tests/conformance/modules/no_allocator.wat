;; SPDX-License-Identifier: Apache-2.0
;; Asks for bytes, but has no allocator for the host to put them: logs "status N" for each call.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $get_property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer_bytes (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "status 0")
  (data (i32.const 32) "plugin_name")
  (func (export "proxy_abi_version_0_2_1"))
  (func $report (param $status i32)
    (i32.store8 (i32.const 23) (i32.add (i32.const 48) (local.get $status)))
    (drop (call $log (i32.const 2) (i32.const 16) (i32.const 8))))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (call $report (call $get_property (i32.const 32) (i32.const 11) (i32.const 64) (i32.const 68)))
    (call $report (call $get_buffer_bytes (i32.const 7) (i32.const 0) (i32.const 100) (i32.const 64) (i32.const 68)))
    ;; nothing has to be allocated for nothing
    (call $report (call $get_buffer_bytes (i32.const 7) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 68)))
    (i32.const 1)))
