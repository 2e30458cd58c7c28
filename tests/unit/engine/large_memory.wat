;; SPDX-License-Identifier: Apache-2.0
;; 32 MiB from the start.
(module (memory (export "memory") 512))
