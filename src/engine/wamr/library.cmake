# SPDX-License-Identifier: Apache-2.0
# WAMR as a static library, `wamr`, from the source that tools/setup fetched. Its own build script is not used: that
# fetches more, and sets options for whole folders. What is not defined here has the value that core/config.h gives it.
enable_language(ASM)

set(wamr "${PW_DEPS}/wamr/core")
if(NOT EXISTS "${wamr}/iwasm/include/wasm_export.h")
  message(FATAL_ERROR "There is no WAMR in ${wamr}: run tools/setup first, or set PW_DEPS")
endif()
if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  message(FATAL_ERROR "src/engine/wamr/library.cmake knows x86_64 only, not ${CMAKE_SYSTEM_PROCESSOR}")
endif()

file(GLOB sources
  "${wamr}/iwasm/common/*.c"
  "${wamr}/shared/mem-alloc/*.c" "${wamr}/shared/mem-alloc/ems/*.c"
  "${wamr}/shared/utils/*.c"
  "${wamr}/shared/platform/linux/*.c"
  "${wamr}/shared/platform/common/posix/posix_malloc.c" "${wamr}/shared/platform/common/posix/posix_memmap.c"
  "${wamr}/shared/platform/common/posix/posix_thread.c" "${wamr}/shared/platform/common/posix/posix_time.c")
list(FILTER sources EXCLUDE REGEX "/(wasm_application|wasm_blocking_op)\\.c$")
list(APPEND sources
  "${wamr}/iwasm/interpreter/wasm_loader.c" "${wamr}/iwasm/interpreter/wasm_runtime.c"
  "${wamr}/iwasm/common/arch/invokeNative_em64.s"
  interpreter.c)

add_library(wamr STATIC ${sources})
target_include_directories(wamr SYSTEM PUBLIC
  "${wamr}" "${wamr}/iwasm/include" "${wamr}/iwasm/common" "${wamr}/iwasm/interpreter"
  "${wamr}/shared/utils" "${wamr}/shared/mem-alloc" "${wamr}/shared/platform/include" "${wamr}/shared/platform/linux")
# For interpreter.c.
target_include_directories(wamr PRIVATE "${CMAKE_SOURCE_DIR}/include" "${CMAKE_SOURCE_DIR}/src/engine")
# The engine sees WAMR's own structures: both have to be compiled with the same options.
target_compile_definitions(wamr PUBLIC
  BUILD_TARGET_X86_64 BH_PLATFORM_LINUX BH_MALLOC=wasm_runtime_malloc BH_FREE=wasm_runtime_free
  WASM_ENABLE_INTERP=1 WASM_ENABLE_FAST_INTERP=1
  # No signal handlers, and no use of the GS register: those belong to the process.
  WASM_DISABLE_HW_BOUND_CHECK=1 WASM_DISABLE_STACK_HW_BOUND_CHECK=1 WASM_DISABLE_WAKEUP_BLOCKING_OP=1
  WASM_DISABLE_WRITE_GS_BASE=1
  # Proposals that modules of today's toolchains use, and no more: in those that are rare, WAMR has faults that a module
  # can crash it with (a tail call to an import; constant expressions of more than one instruction).
  WASM_ENABLE_BULK_MEMORY=1 WASM_ENABLE_BULK_MEMORY_OPT=1 WASM_ENABLE_REF_TYPES=1 WASM_ENABLE_CALL_INDIRECT_OVERLONG=1
  WASM_ENABLE_TAIL_CALL=0 WASM_ENABLE_EXTENDED_CONST_EXPR=0
  # A module sees the memory that it asked for, not a smaller one.
  WASM_ENABLE_SHRUNK_MEMORY=0
  # Memories come from memory.c.
  WASM_MEM_ALLOC_WITH_USAGE=1
  # What a host function may use of a thread's stack when the guest has used up its part.
  WASM_STACK_GUARD_SIZE=65536
  # It prints nothing: what it has to say is in the error or the trap.
  WASM_ENABLE_LOG=0 BH_VPRINTF=pw_wamr_print)
target_compile_options(wamr PRIVATE -w $<$<COMPILE_LANGUAGE:C>:-O2 -g -ffunction-sections -fdata-sections>)
target_link_libraries(wamr PUBLIC Threads::Threads m)
# Not "undefined": WAMR reads unaligned values. Its tables and frames lie at multiples of 4, also where the engine reads
# them; this option has to follow the one that it takes from, as `wamr` is linked last.
if(PW_SANITIZE MATCHES "undefined")
  target_compile_options(wamr INTERFACE -fno-sanitize=alignment)
endif()
foreach(sanitizer address thread)
  if(PW_SANITIZE MATCHES "${sanitizer}")
    target_compile_options(wamr PRIVATE $<$<COMPILE_LANGUAGE:C>:-fsanitize=${sanitizer} -fno-omit-frame-pointer>)
  endif()
endforeach()
if(PW_SANITIZE MATCHES "thread")
  # It works on what is one thread's, and would be too slow for the time that callbacks have.
  set_source_files_properties(interpreter.c PROPERTIES COMPILE_OPTIONS -fno-sanitize=thread)
endif()
