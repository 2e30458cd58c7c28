;; SPDX-License-Identifier: Apache-2.0
;; One function for each proposal that today's toolchains use; each answers 1.
(module
  (memory 1)
  (data $passive "\01\02\03\04")
  (table $references 2 externref)
  (table $functions 1 funcref)
  (elem declare func $one)
  (func $one (result i32) (i32.const 1))
  (func $two_values (result i32 i64) (i32.const 40) (i64.const 2))
  (func (export "sign_extension") (result i32)
    (i32.and
      (i32.eq (i32.extend8_s (i32.const 0x80)) (i32.const -128))
      (i64.eq (i64.extend32_s (i64.const 0x80000000)) (i64.const -2147483648))))
  (func (export "saturation") (result i32)
    (i32.and
      (i32.eq (i32.trunc_sat_f64_s (f64.const 1e10)) (i32.const 0x7fffffff))
      (i32.eqz (i32.trunc_sat_f32_u (f32.const nan)))))
  (func (export "multiple_values") (result i32) (local $wide i64)
    (local.set $wide (call $two_values))
    (i32.eq (i32.add (i32.wrap_i64 (local.get $wide))) (i32.const 42)))
  (func (export "bulk_memory") (result i32)
    (memory.init $passive (i32.const 8) (i32.const 1) (i32.const 2))
    (memory.copy (i32.const 100) (i32.const 8) (i32.const 2))
    (memory.fill (i32.const 102) (i32.const 0x55) (i32.const 2))
    (i32.eq (i32.load (i32.const 100)) (i32.const 0x55550302)))
  (func (export "reference_types") (result i32)
    (table.set $functions (i32.const 0) (ref.func $one))
    (i32.and
      (ref.is_null (table.get $references (i32.const 1)))
      (call_indirect $functions (result i32) (i32.const 0)))))
