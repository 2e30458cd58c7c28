;; SPDX-License-Identifier: Apache-2.0
;; The old name of WASI, as AssemblyScript's and old Rust modules import it; both names side by side.
(module
  (import "wasi_unstable" "fd_write" (func $old_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $new_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $again (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "from the old name")
  (data (i32.const 48) "from the new name")
  (data (i32.const 80) "\10\00\00\00\11\00\00\00\30\00\00\00\11\00\00\00")
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (drop (call $old_write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 128)))
    (drop (call $new_write (i32.const 1) (i32.const 88) (i32.const 1) (i32.const 128)))
    (drop (call $again (i32.const 2) (i32.const 88) (i32.const 1) (i32.const 128)))
    (i32.const 1)))
