;; SPDX-License-Identifier: Apache-2.0
;; A module that has a name of ours itself.
(module $image_names
  (memory (export "memory") 1)
  (global (export "proxywasm:global:0") (mut i32) (i32.const 1))
  (global (mut i32) (i32.const 1)))
