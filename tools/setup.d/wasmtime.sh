# SPDX-License-Identifier: Apache-2.0
# The Wasmtime C library (from the Python package's wheel) and its headers (from the crate of its C API). Sourced by
# tools/setup.

wasmtime_version=48.0.0
# Of the crate's header files; see folder_hash.
wasmtime_headers=5857e6090b0da047e5d5317857f9e6c9f5543807431c38f856af6e85287ad5d9

# The features that the library of the wheel was built with: the C API's defaults. `conf.h` has to say the same, or the
# sizes of types differ; the engine tests that at its start.
wasmtime_features="PROFILING WAT CACHE PARALLEL_COMPILATION WASI WASI_HTTP LOGGING COREDUMP ADDR2LINE DEMANGLE THREADS
  GC GC_DRC GC_NULL ASYNC CRANELIFT WINCH DEBUG_BUILTINS POOLING_ALLOCATOR COMPONENT_MODEL COMPONENT_MODEL_ASYNC PULLEY"

write_wasmtime_configuration() {
  local feature script=
  for feature in $wasmtime_features; do
    script+="s/^#cmakedefine WASMTIME_FEATURE_$feature\$/#define WASMTIME_FEATURE_$feature/;"
  done
  sed -e "$script" -e 's/^#cmakedefine \(.*\)$/\/* #undef \1 *\//' "$1" >"$2"
}

setup_wasmtime() {
  say "Wasmtime $wasmtime_version"
  local target=$deps/wasmtime crate
  rm -rf "$target" "$target.wheel" "$target.crate"
  mkdir -p "$target/lib"
  unpack_wheel wasmtime "$target.wheel"
  mv "$target.wheel/wasmtime/linux-x86_64/_libwasmtime.so" "$target/lib/libwasmtime.so"
  crate=$(fetch_crate wasmtime-c-api-impl "$wasmtime_version" "$target.crate")
  [ "$(folder_hash "$crate/include")" = "$wasmtime_headers" ] ||
    fail "the headers in $crate/include are not those of wasmtime-c-api-impl $wasmtime_version"
  cp -r "$crate/include" "$target/include"
  write_wasmtime_configuration "$target/include/wasmtime/conf.h.in" "$target/include/wasmtime/conf.h"
  rm -rf "$target.wheel" "$target.crate"
}
