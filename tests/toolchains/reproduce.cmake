# SPDX-License-Identifier: Apache-2.0
#
# Builds a module a second time, in other folders, and compares it with the first, byte by byte:
# cmake -Drecipe=FILE -Dmodules=DIRECTORY -Delsewhere=DIRECTORY -Dbuilder=FILE -P reproduce.cmake

include("${recipe}")
file(REMOVE_RECURSE "${elsewhere}")
file(READ "${recipe}" text)
string(REPLACE "${modules}" "${elsewhere}" text "${text}")
file(WRITE "${elsewhere}/recipe.cmake" "${text}")
execute_process(COMMAND ${CMAKE_COMMAND} "-Drecipe=${elsewhere}/recipe.cmake" -P "${builder}"
                COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "${modules}" "${elsewhere}" second "${output}")
file(SHA256 "${output}" digest)
file(SHA256 "${second}" other_digest)
if(NOT digest STREQUAL other_digest)
  message(FATAL_ERROR "${name} is not the same when built again:\n  ${output}\n  ${second}")
endif()
file(REMOVE_RECURSE "${elsewhere}")
