;; SPDX-License-Identifier: Apache-2.0
;; The smallest header filter: sets x-filtered-by in each request and each response, and has nothing else.
(module
  (import "env" "proxy_replace_header_map_value"
    (func $replace (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "x-filtered-by")
  (data (i32.const 32) "proxywasm-small")
  (func (export "proxy_abi_version_0_2_1"))
  (func $filter (param $map i32) (result i32)
    (drop (call $replace (local.get $map) (i32.const 16) (i32.const 13) (i32.const 32) (i32.const 15)))
    (i32.const 0))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call $filter (i32.const 0)))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (call $filter (i32.const 2))))
