;; SPDX-License-Identifier: Apache-2.0
;; Functions that some engines call by themselves. The host does not want that.
(module
  (import "env" "ping" (func $ping))
  (memory (export "memory") 1)
  (func (export "__wasm_call_ctors") (call $ping))
  (func (export "__post_instantiate") (call $ping))
  (func (export "_initialize") (call $ping))
  (func (export "_start") (call $ping)))
