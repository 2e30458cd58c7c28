;; SPDX-License-Identifier: Apache-2.0
;; Ways to a host function, and code that is never reached, as toolchains hardly make them.
(module
  (import "env" "combine" (func $combine (param i32 i64 i32) (result i64)))
  (import "env" "ping" (func $ping))
  (import "env" "ping" (func $ping_again))
  (type $combining (func (param i32 i64 i32) (result i64)))
  (table 3 funcref)
  (elem (i32.const 0) $combine $ping $sum)
  (func $sum (type $combining) (i64.add (local.get 1) (i64.extend_i32_s (i32.add (local.get 0) (local.get 2)))))
  (func (export "by_table") (param i32 i32) (result i32)
    (i32.wrap_i64 (call_indirect (type $combining) (local.get 0) (i64.const 1000) (local.get 0) (local.get 1))))
  (func (export "by_both_imports") (call $ping) (call $ping_again))
  (export "*/ return; } /*" (func $ping))
  (func (export "past_dead_loops") (param i32 i32) (result i32)
    (block (br 0) (loop (br 0)))
    (block $out
      (loop $again
        (if (i32.eqz (local.get 0)) (then (br $out) (loop (loop (br 1)))) (else (loop) (nop)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br $again)
        (loop (br 0))))
    (if (local.get 1) (then (return (i32.const 7)) (loop (br 0))) (else (loop (br 1) (loop))))
    (local.get 0)))
