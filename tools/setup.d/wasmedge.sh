# SPDX-License-Identifier: Apache-2.0
# WasmEdge, the library and its headers, out of packages of Debian 13, which has them; Debian 12 has not. They are
# unpacked and not installed. Sourced by tools/setup.

wasmedge_suite=trixie
# What is unpacked: the library, and what it needs that Debian 12 has in other versions only.
wasmedge_packages="libwasmedge0 libwasmedge-dev libfmt10 libspdlog1.15"
# What it needs besides. WasmEdge's interpreter does not use LLVM, but its library is linked to it.
wasmedge_needs="libllvm19 libzstd1 zlib1g"
# What of newer system libraries these libraries want; the engine provides it (src/engine/wasmedge/compatibility.c).
wasmedge_newer="GLIBC_2.38:__isoc23_strtol,__isoc23_strtoll,__isoc23_strtoul CXXABI_1.3.15:__cxa_call_terminate"

# The place that apt has this Debian from, in whatever way it was configured. It has the other suite, too.
debian_archive() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(RELEASE) $(CODENAME)' 'Created-By: Packages' |
    awk -v name="$codename" '$2 == "main" && ($3 == name || $4 == name) && !found { print $1; found = 1 }'
}

# apt-get with a configuration of our own in folder "$1": the system's is not touched.
apt_of_suite() {
  local folder=$1
  shift
  apt-get -q -o Dir::Etc::SourceList="$folder/suite.sources" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root \
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::Languages=none "$@" >/dev/null
}

download_of_suite() {
  local folder=$1 archive
  archive=$(debian_archive)
  [ -n "$archive" ] || fail "apt is not configured with Debian's archive, where WasmEdge is"
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  cat >"$folder/suite.sources" <<SOURCES
Types: deb
URIs: $archive
Suites: $wasmedge_suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
  # shellcheck disable=SC2086
  apt_of_suite "$folder" update && (cd "$folder" && apt_of_suite "$folder" download $wasmedge_packages)
}

setup_wasmedge() {
  local target=$deps/wasmedge work=$deps/wasmedge.packages library
  say "WasmEdge from Debian's libwasmedge0"
  # shellcheck disable=SC2086
  install_packages $wasmedge_needs
  rm -rf "$target" "$work"
  mkdir -p "$work/files"
  download_of_suite "$work" || fail "apt-get could not download $wasmedge_packages of Debian's suite $wasmedge_suite"
  unpack_packages "$work" "$work/files"
  mkdir -p "$target/lib"
  for library in libwasmedge.so.0 libfmt.so.10 libspdlog.so.1.15; do
    cp "$work"/files/usr/lib/*/"$library" "$target/lib/"
    # shellcheck disable=SC2086
    "$python" "$root/tools/setup.d/weaken_versions.py" "$target/lib/$library" $wasmedge_newer ||
      fail "$library needs more of the system than it used to"
  done
  ln -s libwasmedge.so.0 "$target/lib/libwasmedge.so"
  mv "$work/files/usr/include" "$target/include"
  cat "$work"/files/usr/share/doc/{libwasmedge0,libfmt10,libspdlog1.15}/copyright >"$target/LICENSE"
  rm -rf "$work"
  [ -e "$target/include/wasmedge/wasmedge.h" ] || fail "libwasmedge-dev holds no WasmEdge"
}
