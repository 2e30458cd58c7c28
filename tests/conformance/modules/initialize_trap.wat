;; SPDX-License-Identifier: Apache-2.0
;; Traps in _initialize, two calls deep.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func $inner_that_traps (unreachable))
  (func (export "_initialize") (call $inner_that_traps)))
