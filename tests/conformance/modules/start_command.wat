;; SPDX-License-Identifier: Apache-2.0
;; "_start" without "_initialize"; "main" is not called then.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "_start")
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "_start") (drop (call $log (i32.const 2) (i32.const 16) (i32.const 6))))
  (func (export "main") (param i32 i32) (result i32) (unreachable)))
