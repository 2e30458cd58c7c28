;; SPDX-License-Identifier: Apache-2.0
;; A start section, which would run again in each instance.
(module $image_start
  (import "env" "ping" (func $ping))
  (memory (export "memory") 1)
  (start $ping))
