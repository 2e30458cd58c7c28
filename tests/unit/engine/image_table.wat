;; SPDX-License-Identifier: Apache-2.0
;; Code that changes a table, which no image has.
(module $image_table
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) $nothing)
  (func $nothing)
  (func (export "change") (table.copy (i32.const 1) (i32.const 0) (i32.const 1))))
