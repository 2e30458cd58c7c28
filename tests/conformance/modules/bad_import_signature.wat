;; SPDX-License-Identifier: Apache-2.0
;; Imports proxy_log with a 64-bit size.
(module
  (import "env" "proxy_log" (func (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1")))
