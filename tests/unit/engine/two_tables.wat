;; SPDX-License-Identifier: Apache-2.0
;; Tables that share a limit.
(module
  (memory (export "memory") 1)
  (table $a 600 externref)
  (table $b 600 externref)
  (func (export "grow_a") (param i32) (result i32) (table.grow $a (ref.null extern) (local.get 0)))
  (func (export "grow_b") (param i32) (result i32) (table.grow $b (ref.null extern) (local.get 0))))
