# SPDX-License-Identifier: Apache-2.0
# Cargo and rustc with the target wasm32-wasip1. Sourced by tools/setup.

# Edition 2024 (crates of Wasmtime 48 have it) needs 1.85.
rust_minimum=1.85

version_at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

has_wasm_target() {
  [ -d "$("$1/rustc" --print sysroot)/lib/rustlib/wasm32-wasip1/lib" ]
}

# The folder of a cargo and rustc that will do, or nothing.
find_rust() {
  local folder version
  for folder in "$(dirname "$(command -v cargo || echo /nonexistent/cargo)")" "$HOME/.cargo/bin"; do
    [ -x "$folder/cargo" ] && [ -x "$folder/rustc" ] || continue
    version=$("$folder/rustc" --version | cut -d' ' -f2)
    version_at_least "$version" "$rust_minimum" || continue
    has_wasm_target "$folder" || "$folder/rustup" target add wasm32-wasip1 >/dev/null 2>&1 || continue
    echo "$folder"
    return
  done
}

setup_rust() {
  local folder
  folder=$(find_rust)
  [ -n "$folder" ] || fail "no Rust with the target wasm32-wasip1"
  say "Rust from $folder"
  make_command cargo "$folder/cargo"
  make_command rustc "$folder/rustc"
}
