# SPDX-License-Identifier: Apache-2.0
#
# Builds one module if its inputs have changed since it was last built: cmake -Drecipe=FILE -P build_module.cmake
# The recipe is written by pw_add_module (modules.cmake), and sets: name, output, state (a prefix for files that
# belong to this module), lock, inputs, command, directory, environment, copy, cargo_lock, npm, product, tool_version.

cmake_minimum_required(VERSION 3.25)
include("${recipe}")

# Runs a command quietly; what it said is shown when it fails.
function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${directory}" RESULT_VARIABLE result
                  OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0)
    string(REPLACE ";" " " shown "${ARGN}")
    # A notice is printed as it is; an error would have its lines broken anew.
    message(NOTICE "In ${directory}: ${shown}\n${text}")
    message(FATAL_ERROR "Module ${name} failed to build (${result}).")
  endif()
endfunction()

function(digest_of_inputs variable)
  file(READ "${recipe}" all)
  foreach(input ${inputs})
    file(SHA256 "${input}" digest)
    string(APPEND all "${input} ${digest}\n")
  endforeach()
  string(SHA256 digest "${all}")
  set(${variable} "${digest}" PARENT_SCOPE)
endfunction()

# The inputs in a directory of their own, those that are there no more removed; what tools left there stays.
function(copy_inputs)
  foreach(input ${inputs})
    file(RELATIVE_PATH place "${copy}" "${input}")
    get_filename_component(folder "${directory}/${place}" DIRECTORY)
    file(COPY "${input}" DESTINATION "${folder}")
    list(APPEND places "${place}")
  endforeach()
  file(GLOB_RECURSE there RELATIVE "${directory}" "${directory}/*.rs" "${directory}/*.ts")
  list(FILTER there EXCLUDE REGEX "^(target|node_modules)/")
  foreach(place ${there})
    if(NOT place IN_LIST places)
      file(REMOVE "${directory}/${place}")
    endif()
  endforeach()
endfunction()

# The lock file has every crate's version and checksum, but not the registry's name, which cargo knows.
function(fill_cargo_lock)
  list(GET command 0 cargo)
  execute_process(COMMAND ${cargo} metadata --no-deps --format-version 1 WORKING_DIRECTORY "${directory}"
                  OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  if(NOT text MATCHES "\"source\":\"(registry[^\"]+)\"")
    message(FATAL_ERROR "Module ${name}: cargo metadata names no registry; does ${copy}/Cargo.toml depend on a crate?")
  endif()
  set(CRATES "${CMAKE_MATCH_1}")
  configure_file("${cargo_lock}" "${directory}/Cargo.lock" @ONLY)
endfunction()

function(build)
  set(made "${state}.wasm")
  if(copy)
    copy_inputs()
  endif()
  if(cargo_lock)
    fill_cargo_lock()
    # Paths of this machine do not belong in the module: it would differ from one machine to the next.
    if(DEFINED ENV{CARGO_HOME})
      set(home "$ENV{CARGO_HOME}")
    else()
      set(home "$ENV{HOME}/.cargo")
    endif()
    list(TRANSFORM environment APPEND " --remap-path-prefix=${home}=cargo" REGEX "^RUSTFLAGS=")
  endif()
  if(npm)
    run(${npm} ci --prefer-offline --ignore-scripts --no-audit --no-fund)
  endif()
  string(REPLACE "@OUTPUT@" "${made}" command "${command}")
  run(${CMAKE_COMMAND} -E env ${environment} ${command})
  if(product)
    file(COPY_FILE "${product}" "${made}")
  endif()
  file(RENAME "${made}" "${output}")
endfunction()

if(NOT directory)
  get_filename_component(directory "${output}" DIRECTORY)
endif()
get_filename_component(output_directory "${output}" DIRECTORY)
get_filename_component(state_directory "${state}" DIRECTORY)
file(MAKE_DIRECTORY "${output_directory}" "${state_directory}" "${directory}")
file(LOCK "${lock}.lock" TIMEOUT 1800)

digest_of_inputs(digest)
set(built "")
if(EXISTS "${output}" AND EXISTS "${state}.digest")
  file(READ "${state}.digest" built)
endif()
if(NOT built STREQUAL digest)
  file(REMOVE "${state}.digest")
  build()
  file(WRITE "${state}.digest" "${digest}")
endif()
