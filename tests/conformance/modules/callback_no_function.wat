;; SPDX-License-Identifier: Apache-2.0
;; Exports a global under a callback's name.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (global (export "proxy_on_configure") i32 (i32.const 0)))
