;; SPDX-License-Identifier: Apache-2.0
;; The least that is a Proxy-Wasm module: no callback, no allocator, no import.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1")))
