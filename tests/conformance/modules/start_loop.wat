;; SPDX-License-Identifier: Apache-2.0
;; Never comes back from its start section.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func $start (loop $again (br $again)))
  (start $start))
