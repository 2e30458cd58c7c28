;; SPDX-License-Identifier: Apache-2.0
;; Never comes back from _initialize.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "_initialize") (loop $again (br $again))))
