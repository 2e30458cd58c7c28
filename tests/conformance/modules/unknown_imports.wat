;; SPDX-License-Identifier: Apache-2.0
;; Imports what no ABI version has: all of it must be named in one go.
(module
  (import "env" "proxy_unheard_of" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_dance" (func (param i32) (result i32)))
  (import "elsewhere" "proxy_log" (func (param i32 i32 i32) (result i32)))
  (import "env" "a_global" (global i32))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1")))
