# SPDX-License-Identifier: Apache-2.0
# The source of WAMR, the WebAssembly Micro Runtime, which a crate of Rust bindings carries whole. It is compiled with
# the engine (src/engine/wamr). Sourced by tools/setup.

# Of the crate; WAMR in it is 2.4.3.
wamr_crate_version=0.3.0
# Of the files in the crate's folder wasm-micro-runtime/core; see folder_hash.
wamr_core=952165e80285b500759bdb943bca82bfa73130324243371fa55a78baeefc9528

setup_wamr() {
  say "WAMR (from wamrx-sys $wamr_crate_version)"
  local target=$deps/wamr crate
  rm -rf "$target" "$target.crate"
  crate=$(fetch_crate wamrx-sys "$wamr_crate_version" "$target.crate")
  [ "$(folder_hash "$crate/wasm-micro-runtime/core")" = "$wamr_core" ] ||
    fail "the files in $crate/wasm-micro-runtime/core are not those of wamrx-sys $wamr_crate_version"
  mkdir -p "$target"
  cp -r "$crate/wasm-micro-runtime/core" "$crate/wasm-micro-runtime/LICENSE" "$target"
  rm -rf "$target.crate"
}
