# SPDX-License-Identifier: Apache-2.0
# Cargo and rustc with the target wasm32-wasip1: what is there, if new enough, else Debian's. Sourced by tools/setup.

# Edition 2024 (crates of Wasmtime 48 have it) needs 1.85.
rust_minimum=1.85

# Of Debian's packages; the linker is the one of rustc's LLVM.
rust_packages="rustc-web cargo-web rust-web-src lld-22 wasi-libc"

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

# Debian's Rust has no standard library for wasm, but its source: it is built once, into a sysroot of our own.
build_standard_library() {
  local sysroot=$1 source work file
  source=$(readlink -f /usr/lib/rustlib/src/rust)
  work=$deps/rust/work
  mkdir -p "$sysroot/lib/rustlib/src" "$work/src" "$work/.cargo"
  for file in /usr/lib/rustlib/*; do
    [ "${file##*/}" = src ] || ln -s "$file" "$sysroot/lib/rustlib/${file##*/}"
  done
  ln -s "$source" "$sysroot/lib/rustlib/src/rust"
  echo '#![no_std]' >"$work/src/lib.rs"
  cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "standard_library"
version = "0.0.0"
edition = "2021"

[workspace]
TOML
  # The crates that it needs come with the source.
  cat >"$work/.cargo/config.toml" <<TOML
[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = "$source/library/vendor"
TOML
  # An unstable option of cargo; the toolchain is a fixed one. With bitcode, for modules that are optimised as a whole.
  (cd "$work" && RUSTC_BOOTSTRAP=1 RUSTC="$deps/bin/rustc" RUSTFLAGS="-C embed-bitcode=yes" \
    CARGO_TARGET_DIR="$work/target" \
    /usr/bin/cargo build --quiet --release -Z build-std=std,panic_abort --target wasm32-wasip1) ||
    fail "the standard library of Debian's Rust could not be built for wasm32-wasip1"
  local libraries=$sysroot/lib/rustlib/wasm32-wasip1/lib
  mkdir -p "$libraries/self-contained"
  cp "$work"/target/wasm32-wasip1/release/deps/*.rlib "$libraries"
  rm -f "$libraries"/libstandard_library-*.rlib
  cp /usr/lib/wasm32-wasi/crt1-command.o /usr/lib/wasm32-wasi/crt1-reactor.o /usr/lib/wasm32-wasi/libc.a \
    "$libraries/self-contained"
  rm -rf "$work"
}

setup_debian_rust() {
  local sysroot=$deps/rust/sysroot
  # shellcheck disable=SC2086
  install_packages $rust_packages
  say "building Rust's standard library for wasm32-wasip1 (a minute, once)"
  rm -rf "$deps/rust"
  make_command rustc /usr/bin/rustc --sysroot "$sysroot"
  make_command cargo env RUSTC="$deps/bin/rustc" CARGO_TARGET_WASM32_WASIP1_LINKER=/usr/bin/wasm-ld-22 /usr/bin/cargo
  build_standard_library "$sysroot"
}

setup_rust() {
  local folder
  folder=$(find_rust)
  if [ -n "$folder" ]; then
    say "Rust from $folder"
    make_command cargo "$folder/cargo"
    make_command rustc "$folder/rustc"
  else
    setup_debian_rust
  fi
}
