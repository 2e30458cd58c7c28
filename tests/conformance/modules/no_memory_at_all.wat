;; SPDX-License-Identifier: Apache-2.0
(module
  (func (export "proxy_abi_version_0_2_1")))
