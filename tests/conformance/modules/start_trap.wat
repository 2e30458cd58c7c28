;; SPDX-License-Identifier: Apache-2.0
;; Traps in its start section.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func $start_that_traps (unreachable))
  (start $start_that_traps))
