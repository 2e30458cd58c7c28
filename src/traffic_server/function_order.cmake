# SPDX-License-Identifier: Apache-2.0
# pw_order_functions(TARGET fragment): links a shared object with the linker's own script, and at the beginning of its .text
# the input sections of the fragment. (Inserted with INSERT they would be a section of their own, in which valgrind finds no
# names.) A linker that shows no such script is left alone.
function(pw_order_functions target fragment)
  # It links a file while it shows that script.
  execute_process(COMMAND ${CMAKE_C_COMPILER} -shared -Wl,--verbose -o "${CMAKE_CURRENT_BINARY_DIR}/linker_script.so"
    OUTPUT_VARIABLE shown ERROR_QUIET)
  file(READ "${fragment}" order)
  string(REGEX MATCH "\n=+\n(.*)\n=+\n" found "${shown}")
  set(script "${CMAKE_MATCH_1}")
  string(REGEX REPLACE "(\n *\\.text +: *\n *{\n)" "\\1${order}" ordered "${script}")
  if(NOT found OR ordered STREQUAL script)
    message(STATUS "The linker has no script that functions could be ordered in")
    return()
  endif()
  set(file "${CMAKE_CURRENT_BINARY_DIR}/${target}.ld")
  file(WRITE "${file}.new" "${ordered}")
  configure_file("${file}.new" "${file}" COPYONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${fragment}")
  target_link_options(${target} PRIVATE "-Wl,-T,${file}")
  set_target_properties(${target} PROPERTIES LINK_DEPENDS "${file}")
endfunction()
