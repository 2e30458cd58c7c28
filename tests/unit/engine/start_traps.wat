;; SPDX-License-Identifier: Apache-2.0
(module (func $begin (unreachable)) (start $begin))
