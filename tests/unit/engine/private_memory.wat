;; SPDX-License-Identifier: Apache-2.0
(module (memory 1) (func (export "nothing")))
