;; SPDX-License-Identifier: Apache-2.0
(module (func $begin (loop $again (br $again))) (start $begin))
