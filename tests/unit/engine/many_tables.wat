;; SPDX-License-Identifier: Apache-2.0
;; Tables that together grow to far more than an engine's own heap holds. In a loop: an engine may need its checks.
(module
  (memory (export "memory") 1)
  (table $a 1 externref) (table $b 1 externref) (table $c 1 externref) (table $d 1 externref)
  (table $e 1 externref) (table $f 1 externref) (table $g 1 externref) (table $h 1 externref)
  (func (export "grow_all") (result i32) (local $grown i32) (local $rounds i32)
    (loop $again
      (local.set $grown (i32.add (local.get $grown) (i32.ge_s (table.grow $a (ref.null extern) (i32.const 2000000)) (i32.const 0))))
      (local.set $grown (i32.add (local.get $grown) (i32.ge_s (table.grow $b (ref.null extern) (i32.const 2000000)) (i32.const 0))))
      (local.set $grown (i32.add (local.get $grown) (i32.ge_s (table.grow $c (ref.null extern) (i32.const 2000000)) (i32.const 0))))
      (local.set $grown (i32.add (local.get $grown) (i32.ge_s (table.grow $d (ref.null extern) (i32.const 2000000)) (i32.const 0))))
      (local.set $grown (i32.add (local.get $grown) (i32.ge_s (table.grow $e (ref.null extern) (i32.const 2000000)) (i32.const 0))))
      (local.set $grown (i32.add (local.get $grown) (i32.ge_s (table.grow $f (ref.null extern) (i32.const 2000000)) (i32.const 0))))
      (local.set $grown (i32.add (local.get $grown) (i32.ge_s (table.grow $g (ref.null extern) (i32.const 2000000)) (i32.const 0))))
      (local.set $grown (i32.add (local.get $grown) (i32.ge_s (table.grow $h (ref.null extern) (i32.const 2000000)) (i32.const 0))))
      (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $rounds) (i32.const 4))))
    (local.get $grown)))
