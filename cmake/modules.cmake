# SPDX-License-Identifier: Apache-2.0
#
# Builds WebAssembly modules from source into ${PW_MODULE_DIRECTORY}: "examples/c/headers" becomes
# examples/c/headers.wasm there. One function for each language:
#
#   pw_add_c_module(NAME source... [WASI] [INCLUDE directory...] [OPTIONS option...])
#   pw_add_cpp_module(NAME source... [INCLUDE directory...] [OPTIONS option...])
#   pw_add_rust_module(NAME workspace PACKAGE [TARGET wasm32-unknown-unknown])
#   pw_add_go_module(NAME directory)
#   pw_add_assemblyscript_module(NAME directory entry)
#   pw_add_wat_module(NAME source [OPTIONS option...])
#   pw_rust_has_target(VARIABLE target)
#
# Each makes a target of the same name, with / and . as _, behind "module_"; the target "modules" is all of them.
#
# The build directories of all build types share the modules. So that each is built once, the build system runs
# build_module.cmake, which builds only when a digest of the inputs and of the command has changed, under a lock.

set(PW_MODULE_STATE "${PW_MODULE_DIRECTORY}/.state")
set(PW_MODULE_BUILDER "${CMAKE_CURRENT_LIST_DIR}/build_module.cmake")
set(PW_SDK_DIRECTORY "${CMAKE_SOURCE_DIR}/sdk")

add_custom_target(modules ALL)

# Finds a program, and its version, which is part of the digest.
function(pw_find_module_tool variable version_argument)
  if(${variable}_VERSION)
    return()
  endif()
  find_program(${variable} NAMES ${ARGN} HINTS "${PW_DEPS}/bin" REQUIRED)
  execute_process(COMMAND ${${variable}} ${version_argument} OUTPUT_VARIABLE version RESULT_VARIABLE result
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${${variable}} ${version_argument} failed: install it anew, "
                        "or build without modules (-DPW_BUILD_MODULES=OFF)")
  endif()
  string(REGEX REPLACE "[;\n].*" "" version "${version}")
  set(${variable}_VERSION "${version}" CACHE INTERNAL "Version of ${${variable}}")
endfunction()

# pw_add_module(NAME LANGUAGE language TOOL variable INPUTS file... COMMAND argument... [DIRECTORY working directory]
#               [ENVIRONMENT name=value...] [COPY directory] [CARGO_LOCK file] [NPM program] [PRODUCT file] [LOCK file])
# In the command, @OUTPUT@ stands for the file to make; a tool that chooses the name itself leaves PRODUCT.
function(pw_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "" "LANGUAGE;TOOL;DIRECTORY;COPY;CARGO_LOCK;NPM;PRODUCT;LOCK"
                        "INPUTS;COMMAND;ENVIRONMENT")
  if(NOT module_INPUTS)
    message(FATAL_ERROR "Module ${name}: no sources in ${module_COPY}${module_DIRECTORY}")
  endif()
  if(NOT module_LOCK)
    set(module_LOCK "${PW_MODULE_STATE}/${name}")
  endif()
  set(output "${PW_MODULE_DIRECTORY}/${name}.wasm")
  set(recipe "${CMAKE_BINARY_DIR}/modules/${name}.cmake")
  set(text "set(name [[${name}]])\nset(output [[${output}]])\nset(state [[${PW_MODULE_STATE}/${name}]])\n")
  string(APPEND text "set(tool_version [[${${module_TOOL}_VERSION}]])\n")
  foreach(key DIRECTORY COPY CARGO_LOCK NPM PRODUCT LOCK INPUTS COMMAND ENVIRONMENT)
    string(TOLOWER ${key} variable)
    string(APPEND text "set(${variable} [[${module_${key}}]])\n")
  endforeach()
  file(GENERATE OUTPUT "${recipe}" CONTENT "${text}")
  add_custom_command(OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} "-Drecipe=${recipe}" -P "${PW_MODULE_BUILDER}"
    DEPENDS ${module_INPUTS} "${recipe}" "${PW_MODULE_BUILDER}"
    COMMENT "Building module ${name} (${module_LANGUAGE})" VERBATIM)
  string(REGEX REPLACE "[/.]" "_" target "module_${name}")
  add_custom_target(${target} DEPENDS "${output}")
  add_dependencies(modules ${target})
endfunction()

# Sources made absolute, and the headers that lie beside them and in the include directories.
function(pw_module_inputs sources_variable inputs_variable)
  set(sources)
  set(inputs)
  set(directories ${PW_SDK_DIRECTORY} ${module_INCLUDE})
  foreach(source ${module_UNPARSED_ARGUMENTS})
    get_filename_component(source "${source}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    get_filename_component(directory "${source}" DIRECTORY)
    list(APPEND sources "${source}")
    list(APPEND directories "${directory}")
  endforeach()
  list(REMOVE_DUPLICATES directories)
  foreach(directory ${directories})
    file(GLOB headers CONFIGURE_DEPENDS "${directory}/*.h" "${directory}/*.hpp")
    list(APPEND inputs ${headers})
  endforeach()
  set(${sources_variable} ${sources} PARENT_SCOPE)
  set(${inputs_variable} ${sources} ${inputs} PARENT_SCOPE)
endfunction()

# Names of functions stay in the module, for the backtraces of traps; the rest of debugging information does not.
set(PW_CLANG_MODULE_OPTIONS -O2 -mbulk-memory -msign-ext -Wall -Wextra -Werror -Wshadow -Wformat=2 -Wundef -Wpointer-arith
  -fno-ident "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" -Wl,--strip-debug -Wl,--stack-first -Wl,-z,stack-size=65536)

function(pw_add_c_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "WASI" "" "INCLUDE;OPTIONS")
  pw_find_module_tool(PW_WASM_CLANG --version clang-14)
  find_program(PW_WASM_LD NAMES wasm-ld-14 REQUIRED)
  pw_module_inputs(sources inputs)
  list(TRANSFORM module_INCLUDE PREPEND -I)
  if(module_WASI)
    set(target --target=wasm32-wasi -mexec-model=reactor)
  else()
    set(target --target=wasm32-unknown-unknown -nostdlib -ffreestanding -Wl,--no-entry)
  endif()
  pw_add_module(${name} LANGUAGE C TOOL PW_WASM_CLANG INPUTS ${inputs}
    COMMAND ${PW_WASM_CLANG} ${target} -std=c11 ${PW_CLANG_MODULE_OPTIONS} -I${PW_SDK_DIRECTORY} ${module_INCLUDE}
            ${module_OPTIONS} ${sources} -o @OUTPUT@)
endfunction()

function(pw_add_cpp_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "" "" "INCLUDE;OPTIONS")
  pw_find_module_tool(PW_WASM_CLANGXX --version clang++-14)
  find_program(PW_WASM_LD NAMES wasm-ld-14 REQUIRED)
  pw_module_inputs(sources inputs)
  list(TRANSFORM module_INCLUDE PREPEND -I)
  pw_add_module(${name} LANGUAGE C++ TOOL PW_WASM_CLANGXX INPUTS ${inputs}
    COMMAND ${PW_WASM_CLANGXX} --target=wasm32-wasi -mexec-model=reactor -std=c++17 -fno-exceptions -fno-rtti
            ${PW_CLANG_MODULE_OPTIONS} -I${PW_SDK_DIRECTORY} ${module_INCLUDE} ${module_OPTIONS} ${sources} -o @OUTPUT@)
endfunction()

# Whether Rust's standard library is there for a target.
function(pw_rust_has_target variable target)
  pw_find_module_tool(PW_CARGO --version cargo)
  find_program(PW_RUSTC NAMES rustc HINTS "${PW_DEPS}/bin" REQUIRED)
  execute_process(COMMAND ${PW_RUSTC} --print target-libdir --target ${target} OUTPUT_VARIABLE directory ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  file(GLOB libraries "${directory}/libstd-*.rlib")
  set(found FALSE)
  if(libraries)
    set(found TRUE)
  endif()
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

# `workspace` is a folder with a Cargo.toml, and a Cargo.lock.in: a Cargo.lock in which the registry stands as
# @CRATES@, to be filled in with what cargo itself calls it. It is built in a copy, so that the source tree stays clean.
function(pw_add_rust_module name workspace package)
  cmake_parse_arguments(PARSE_ARGV 3 module "" "TARGET" "")
  pw_find_module_tool(PW_CARGO --version cargo)
  get_filename_component(workspace "${workspace}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS "${workspace}/*.rs" "${workspace}/*Cargo.toml" "${workspace}/Cargo.lock.in")
  list(FILTER inputs EXCLUDE REGEX "/target/")
  if(NOT module_TARGET)
    set(module_TARGET wasm32-wasip1)
  endif()
  set(copy "${PW_MODULE_STATE}/${name}.copy")
  string(REPLACE "-" "_" file "${package}")
  # One target directory for all workspaces: the crates that they share are compiled once. One lock, too: two
  # workspaces may have a package of the same name.
  pw_add_module(${name} LANGUAGE Rust TOOL PW_CARGO INPUTS ${inputs}
    COPY "${workspace}" DIRECTORY "${copy}" CARGO_LOCK "${workspace}/Cargo.lock.in"
    ENVIRONMENT "CARGO_TARGET_DIR=${PW_MODULE_STATE}/cargo" "RUSTFLAGS=--remap-path-prefix=${PW_MODULE_STATE}=."
    COMMAND ${PW_CARGO} build --quiet --release --locked --target ${module_TARGET} --package ${package}
    PRODUCT "${PW_MODULE_STATE}/cargo/${module_TARGET}/release/${file}.wasm"
    LOCK "${PW_MODULE_STATE}/cargo")
endfunction()

function(pw_add_go_module name directory)
  pw_find_module_tool(PW_GO version go)
  get_filename_component(directory "${directory}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS "${directory}/*.go" "${directory}/go.mod" "${directory}/go.sum"
       "${PW_SDK_DIRECTORY}/go/*.go" "${PW_SDK_DIRECTORY}/go/go.mod")
  pw_add_module(${name} LANGUAGE Go TOOL PW_GO INPUTS ${inputs} DIRECTORY "${directory}"
    ENVIRONMENT GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 GOFLAGS= GOWORK=off
    COMMAND ${PW_GO} build -buildmode=c-shared -trimpath -buildvcs=false -ldflags=-w -o @OUTPUT@ .)
endfunction()

function(pw_add_assemblyscript_module name directory entry)
  pw_find_module_tool(PW_NODE --version node)
  find_program(PW_NPM NAMES npm HINTS "${PW_DEPS}/bin" REQUIRED)
  get_filename_component(directory "${directory}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS "${directory}/*.ts" "${directory}/*.json")
  list(FILTER inputs EXCLUDE REGEX "/node_modules/")
  pw_add_module(${name} LANGUAGE AssemblyScript TOOL PW_NODE INPUTS ${inputs}
    COPY "${directory}" DIRECTORY "${PW_MODULE_STATE}/${name}.copy" NPM ${PW_NPM}
    COMMAND ${PW_NODE} node_modules/assemblyscript/bin/asc ${entry} -b @OUTPUT@ --use abort=abort_proc_exit --optimize
            --debug)
endfunction()

function(pw_add_wat_module name source)
  cmake_parse_arguments(PARSE_ARGV 2 module "" "" "OPTIONS")
  pw_find_module_tool(PW_WAT2WASM --version wat2wasm)
  get_filename_component(source "${source}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
  pw_add_module(${name} LANGUAGE "text format" TOOL PW_WAT2WASM INPUTS "${source}"
    COMMAND ${PW_WAT2WASM} --debug-names ${module_OPTIONS} "${source}" -o @OUTPUT@)
endfunction()
