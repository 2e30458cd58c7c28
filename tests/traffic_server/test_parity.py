# SPDX-License-Identifier: Apache-2.0
"""`proxywasm run` shows the same headers as Traffic Server, for the same module and request."""
