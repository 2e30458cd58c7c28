;; SPDX-License-Identifier: Apache-2.0
;; A module that says nothing of any ABI version.
(module
  (memory (export "memory") 1)
  (func (export "proxy_on_context_create") (param i32 i32)))
