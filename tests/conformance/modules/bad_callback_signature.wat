;; SPDX-License-Identifier: Apache-2.0
;; Its on_tick has one parameter too many.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_tick") (param i32 i64)))
