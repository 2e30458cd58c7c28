;; SPDX-License-Identifier: Apache-2.0
;; Every way to leave a function. Each export answers ten times its parameter and one, 0 and 1 and 2 each by another way.
(module
  (memory (export "memory") 1)
  (func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10)))
  (func (export "by_end") (param i32) (result i32) (i32.add (call $leaf (local.get 0)) (i32.const 1)))
  (func $returning (export "by_return") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (block (loop (if (i32.eq (local.get 0) (i32.const 1)) (then (return (i32.const 11))))))
    (i32.add (call $leaf (local.get 0)) (i32.const 1)))
  (func (export "by_branch") (param i32) (result i32)
    (block
      (br_if 0 (i32.gt_u (local.get 0) (i32.const 1)))
      (br 1 (i32.add (call $leaf (local.get 0)) (i32.const 1))))
    (i32.const 21))
  (func (export "by_branch_if") (param i32) (result i32)
    (drop (br_if 0 (i32.const 1) (i32.eqz (local.get 0))))
    (drop (br_if 0 (i32.const 11) (i32.eq (local.get 0) (i32.const 1))))
    (i32.add (call $leaf (local.get 0)) (i32.const 1)))
  (func (export "by_branch_table") (param i32) (result i32)
    (block $two
      (block $one
        (block $zero (br_table $zero $one $two (local.get 0)))
        (return (i32.const 1)))
      (br 1 (call $returning (i32.const 1))))
    (i32.const 21))
  ;; The table's targets are the function itself.
  (func (export "by_branch_table_out") (param i32) (result i32)
    (i32.add (call $leaf (local.get 0)) (i32.const 1))
    (local.get 0)
    (br_table 0 0 0))
  (func $two_results (param i32) (result i32 i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0) (i32.const 1))))
    (block
      (br_if 0 (i32.gt_u (local.get 0) (i32.const 1)))
      (br 1 (i32.const 10) (i32.const 1)))
    (call $leaf (local.get 0))
    (i32.const 1))
  (func (export "with_two_results") (param i32) (result i32) (i32.add (call $two_results (local.get 0))))
  (func $three_results (param i32) (result i32 i64 f32)
    (call $leaf (local.get 0)) (i64.const 1) (f32.const 0) (return))
  (func (export "with_three_results") (param i32) (result i32) (local i64)
    (i32.trunc_f32_s (call $three_results (local.get 0)))
    drop
    (local.set 1)
    (i32.add (i32.wrap_i64 (local.get 1))))
  (func $nothing (param i32) (if (local.get 0) (then (return))) (br 0))
  (func (export "without_a_result") (param i32) (result i32)
    (call $nothing (local.get 0))
    (i32.add (call $leaf (local.get 0)) (i32.const 1)))
  ;; A way out of many blocks, behind code that is never reached.
  (func (export "from_depth") (param i32) (result i32)
    (block (block (loop (block
      (br_if 2 (i32.eqz (local.get 0)))
      (br_if 3 (i32.eq (local.get 0) (i32.const 1)))
      (return (i32.const 21))
      (i32.add (unreachable))
      (return))))
      (return (i32.const 1)))
    (i32.const 11))
  ;; A loop of parameters, and a block of them.
  (func (export "with_block_parameters") (param i32) (result i32)
    (local.get 0)
    (block (param i32) (result i32)
      (loop (param i32) (result i32) (call $leaf))
      (i32.const 1)
      (i32.add)))
  ;; Grows nothing, and looks at it, between other values.
  (func (export "beside_memory_grow") (param i32) (result i32)
    (i32.add
      (call $leaf (local.get 0))
      (i32.add (i32.sub (memory.grow (i32.const 0)) (memory.size)) (i32.const 1)))))
