;; SPDX-License-Identifier: Apache-2.0
;; Callbacks that are in no ABI text but in what C++ and AssemblyScript SDKs export.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "validated")
  (data (i32.const 32) "request metadata")
  (data (i32.const 48) "response metadata")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_validate_configuration") (param i32 i32) (result i32)
    (drop (call $log (i32.const 2) (i32.const 16) (i32.const 9)))
    (i32.const 1))
  (func (export "proxy_on_request_metadata") (param i32 i32) (result i32)
    (drop (call $log (i32.const 2) (i32.const 32) (i32.const 16)))
    (i32.const 0))
  (func (export "proxy_on_response_metadata") (param i32 i32) (result i32)
    (drop (call $log (i32.const 2) (i32.const 48) (i32.const 17)))
    (i32.const 0)))
