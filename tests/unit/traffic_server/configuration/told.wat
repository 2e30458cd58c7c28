;; SPDX-License-Identifier: Apache-2.0
(module
  (memory (export "memory") 1)
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.eqz (local.get 1)))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32) (i32.eqz (local.get 2))))
