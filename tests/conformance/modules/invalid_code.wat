;; SPDX-License-Identifier: Apache-2.0
;; Well formed, but its function leaves nothing where it has to leave an i32.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_done") (param i32) (result i32)))
