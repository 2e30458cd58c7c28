;; SPDX-License-Identifier: Apache-2.0
;; Logs what is called, in order: "start section", then "_initialize", "main", and the callbacks; "_start" must not be
;; called, because there is "_initialize".
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $step (mut i32) (i32.const 48))
  (data (i32.const 0) "0 start section ")
  (data (i32.const 16) "0 _initialize   ")
  (data (i32.const 32) "0 main          ")
  (data (i32.const 48) "0 context_create")
  (data (i32.const 64) "0 vm_start      ")
  (data (i32.const 80) "0 configure     ")
  (func (export "proxy_abi_version_0_2_1"))
  ;; the line at `address`, numbered
  (func $say (param $address i32)
    (global.set $step (i32.add (global.get $step) (i32.const 1)))
    (i32.store8 (local.get $address) (global.get $step))
    (drop (call $log (i32.const 2) (local.get $address) (i32.const 16))))
  (func $start (call $say (i32.const 0)))
  (start $start)
  (func (export "_initialize") (call $say (i32.const 16)))
  (func (export "_start") (unreachable))
  (func (export "main") (param i32 i32) (result i32) (call $say (i32.const 32)) (i32.const 0))
  (func (export "proxy_on_context_create") (param i32 i32) (call $say (i32.const 48)))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (call $say (i32.const 64)) (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $say (i32.const 80)) (i32.const 1)))
