;; SPDX-License-Identifier: Apache-2.0
(module (import "env" "ping" (func $ping)) (start $ping))
