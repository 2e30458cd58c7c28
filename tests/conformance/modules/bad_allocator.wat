;; SPDX-License-Identifier: Apache-2.0
;; Its allocator answers what `mode` says, which is counted up with each configuration byte asked for:
;;   0 the null pointer   1 the very end of memory   2 an address whose end is beyond memory   3 all bits set
;;   4 a good address, after it grew the memory      5 calls the host back first (the status is logged)
;;   6 traps
;; Logs "status N" for each call in on_configure; the last one ends the VM.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get_buffer_bytes (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $time (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $mode (mut i32) (i32.const 0))
  (global $inner (mut i32) (i32.const 0))
  (data (i32.const 16) "status 00")
  (func (export "proxy_abi_version_0_2_1"))
  (func $report (param $status i32)
    (i32.store8 (i32.const 23) (i32.add (i32.const 48) (i32.div_u (local.get $status) (i32.const 10))))
    (i32.store8 (i32.const 24) (i32.add (i32.const 48) (i32.rem_u (local.get $status) (i32.const 10))))
    (drop (call $log (i32.const 2) (i32.const 16) (i32.const 9))))
  (func $ask
    (call $report (call $get_buffer_bytes (i32.const 7) (i32.const 0) (i32.const 100) (i32.const 64) (i32.const 68)))
    (global.set $mode (i32.add (global.get $mode) (i32.const 1))))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32)
    (if (i32.eq (global.get $mode) (i32.const 0)) (then (return (i32.const 0))))
    (if (i32.eq (global.get $mode) (i32.const 1)) (then (return (i32.const 65536))))
    (if (i32.eq (global.get $mode) (i32.const 2)) (then (return (i32.const 65535))))
    (if (i32.eq (global.get $mode) (i32.const 3)) (then (return (i32.const -1))))
    (if (i32.eq (global.get $mode) (i32.const 4)) (then
      (drop (memory.grow (i32.const 3)))
      (return (i32.const 200000))))
    (if (i32.eq (global.get $mode) (i32.const 5)) (then
      (global.set $inner (call $time (i32.const 128)))
      (return (i32.const 1024))))
    (unreachable))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (call $ask) (call $ask) (call $ask) (call $ask) (call $ask) (call $ask)
    (call $report (global.get $inner))
    (call $ask)
    (i32.const 1)))
