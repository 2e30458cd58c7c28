;; SPDX-License-Identifier: Apache-2.0
(module (table 4000000000 funcref))
