;; SPDX-License-Identifier: Apache-2.0
;; Wants 1 GiB of memory from the start.
(module
  (memory (export "memory") 16384)
  (func (export "proxy_abi_version_0_2_1")))
