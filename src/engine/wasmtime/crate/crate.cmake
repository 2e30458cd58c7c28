# SPDX-License-Identifier: Apache-2.0
# PW_WASMTIME=crate: builds Wasmtime's C library from source, about eleven minutes of one processor, once. Sets
# wasmtime_directory, as it is with the prebuilt one; the target wasmtime_crate makes the library.

# Those of Cargo.toml, with what they imply: conf.h has to say the same.
set(wasmtime_features ASYNC CRANELIFT DEMANGLE GC GC_NULL PARALLEL_COMPILATION POOLING_ALLOCATOR PROFILING)

set(wasmtime_directory "${CMAKE_CURRENT_BINARY_DIR}/crate")
set(wasmtime_source "${CMAKE_CURRENT_SOURCE_DIR}/crate")
find_program(PW_CARGO NAMES cargo HINTS "${PW_DEPS}/bin" REQUIRED)

# Built from a copy, so that the source tree stays clean. Its lock file has the versions and checksums of all crates, but
# not the registry's name: cargo says what that is.
file(COPY "${wasmtime_source}/Cargo.toml" "${wasmtime_source}/lib.rs" DESTINATION "${wasmtime_directory}")
execute_process(COMMAND "${PW_CARGO}" metadata --no-deps --format-version 1
  WORKING_DIRECTORY "${wasmtime_directory}" OUTPUT_VARIABLE metadata COMMAND_ERROR_IS_FATAL ANY)
string(JSON CRATES GET "${metadata}" packages 0 dependencies 0 source)
configure_file("${wasmtime_source}/Cargo.lock.in" "${wasmtime_directory}/Cargo.lock" @ONLY)

# Fetches the crates, and tells where the headers are.
execute_process(COMMAND "${PW_CARGO}" metadata --locked --format-version 1
  WORKING_DIRECTORY "${wasmtime_directory}" OUTPUT_VARIABLE metadata COMMAND_ERROR_IS_FATAL ANY)
if(NOT metadata MATCHES "\"manifest_path\":\"([^\"]*/wasmtime-c-api-impl-[^\"/]*)/Cargo.toml\"")
  message(FATAL_ERROR "cargo metadata does not name wasmtime-c-api-impl in ${wasmtime_directory}")
endif()
set(crate "${CMAKE_MATCH_1}")
file(COPY "${crate}/include" DESTINATION "${wasmtime_directory}")
foreach(feature ${wasmtime_features})
  set(WASMTIME_FEATURE_${feature} ON)
endforeach()
configure_file("${crate}/include/wasmtime/conf.h.in" "${wasmtime_directory}/include/wasmtime/conf.h")

add_custom_command(OUTPUT "${wasmtime_directory}/lib/libwasmtime.so"
  COMMAND "${PW_CARGO}" build --release --locked --target-dir "${wasmtime_directory}/target"
  COMMAND ${CMAKE_COMMAND} -E copy "${wasmtime_directory}/target/release/libwasmtime.so"
          "${wasmtime_directory}/lib/libwasmtime.so"
  WORKING_DIRECTORY "${wasmtime_directory}"
  DEPENDS "${wasmtime_source}/Cargo.toml" "${wasmtime_source}/Cargo.lock.in" "${wasmtime_source}/lib.rs"
  USES_TERMINAL VERBATIM
  COMMENT "Building Wasmtime from source (eleven minutes of one processor)")
add_custom_target(wasmtime_crate DEPENDS "${wasmtime_directory}/lib/libwasmtime.so")
