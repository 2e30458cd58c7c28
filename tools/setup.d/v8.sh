# SPDX-License-Identifier: Apache-2.0
# V8, the library and its headers, out of Debian's packages of Node.js. They are unpacked and not installed: where
# another vendor's Node.js is installed, apt refuses Debian's. Sourced by tools/setup.

# What libnode needs is installed as usual.
v8_needs="libbrotli1 libc-ares2 libicu72 libnghttp2-14 libuv1 zlib1g"

download_packages() {
  (cd "$1" && shift && apt-get -q -o APT::Sandbox::User=root download "$@" >/dev/null)
}

setup_v8() {
  local target=$deps/v8 work=$deps/v8.packages
  say "V8 from Debian's libnode108"
  # shellcheck disable=SC2086
  install_packages $v8_needs
  rm -rf "$target" "$work"
  mkdir -p "$work/files"
  # Lists may be absent or old, and the packages of old lists gone: tried again after an update.
  download_packages "$work" libnode108 libnode-dev ||
    { apt-get -q update && download_packages "$work" libnode108 libnode-dev; } ||
    fail "apt-get could not download libnode108 and libnode-dev"
  unpack_packages "$work" "$work/files"
  mkdir -p "$target/lib"
  mv "$work"/files/usr/lib/*/libnode.so.108 "$target/lib/"
  ln -s libnode.so.108 "$target/lib/libnode.so"
  mv "$work/files/usr/include/node" "$target/include"
  rm -rf "$work"
  [ -e "$target/lib/libnode.so.108" ] && [ -e "$target/include/v8-wasm.h" ] || fail "libnode108 holds no V8"
}
