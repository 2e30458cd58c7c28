;; SPDX-License-Identifier: Apache-2.0
;; Every way not to come to an end.
(module
  (memory (export "memory") 1)
  (table $grown 1 externref)
  (table $called 2 funcref)
  (elem (table $called) (i32.const 0) func $indirect $leaf)
  (type $none (func))
  (func (export "branch") (loop $again (br $again)))
  (func (export "branch_if") (loop $again (br_if $again (i32.const 1))))
  (func (export "branch_unless") (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (br_if $again (i32.ne (local.get $i) (i32.const 1)))))
  (func (export "branch_table") (loop $again (br_table $again $again (i32.const 7))))
  (func (export "if_in_loop") (loop $again (if (i32.const 1) (then (br $again)))))
  (func $leaf)
  (func (export "loop_of_calls") (loop $again (call $leaf) (br $again)))
  (func (export "loop_of_indirect_calls")
    (loop $again (call_indirect $called (type $none) (i32.const 1)) (br $again)))
  (func $recurse (export "recursion") (call $recurse))
  (func $indirect (export "indirect_recursion") (call_indirect $called (type $none) (i32.const 0)))
  ;; Twice as many calls with each level: it never gets deep.
  (func $tree (param $depth i32)
    (if (local.get $depth)
      (then
        (call $tree (i32.sub (local.get $depth) (i32.const 1)))
        (call $tree (i32.sub (local.get $depth) (i32.const 1))))))
  (func (export "tree_of_calls") (call $tree (i32.const 60)))
  (func (export "fill_memory") (loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $again)))
  (func (export "grow_memory") (loop $again (drop (memory.grow (i32.const 1))) (br $again)))
  (func (export "grow_table")
    (loop $again (drop (table.grow $grown (ref.null extern) (i32.const 1))) (br $again)))
  (func (export "table_size") (result i32) (table.size $grown)))
