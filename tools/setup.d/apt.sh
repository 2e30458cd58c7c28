# SPDX-License-Identifier: Apache-2.0
# Debian's packages. Sourced by tools/setup.

apt_packages="
  build-essential cmake ninja-build pkg-config unzip ca-certificates openssl curl procps
  libyaml-dev libssl-dev libpcre2-dev libcmocka-dev git
  trafficserver trafficserver-dev trafficserver-experimental-plugins
  clang-14 lld-14 llvm-14 clang-format-14 libclang-rt-14-dev wabt valgrind
  wasi-libc libc++-14-dev-wasm32 libc++abi-14-dev-wasm32 libclang-rt-14-dev-wasm32
  python3 python3-pip python3-pytest python3-pytest-xdist python3-h2 python3-httpx python3-hypothesis python3-yaml
  nghttp2-client wrk
"

# The packages among "$@" that are not installed.
missing_packages() {
  local installed
  installed=$(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
    sed -n 's/ installed$//p' | sort -u || true)
  comm -23 <(printf '%s\n' "$@" | sort -u) <(echo "$installed")
}

install_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086 # package names are separate words
  set -- $missing
  [ "$(id -u)" = 0 ] || fail "these packages are missing; install them as root: apt-get install $*"
  say "installing Debian packages: $*"
  # Lists may be absent or old: a failed installation is tried again after an update.
  apt_install "$@" || { apt-get -q update && apt_install "$@"; } ||
    fail "apt-get could not install them all: $*"
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends "$@"
}

# Unpacks the packages in folder "$1", without installing them, into folder "$2".
unpack_packages() {
  local package
  for package in "$1"/*.deb; do
    dpkg-deb -x "$package" "$2"
  done
}

setup_apt() {
  command -v apt-get >/dev/null || fail "there is no apt-get: this setup is for Debian 12"
  # shellcheck disable=SC2086
  install_packages $apt_packages
}
