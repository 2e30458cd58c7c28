# SPDX-License-Identifier: Apache-2.0
#
# Runs `proxywasm inspect FILE`, which has to end with 1 and a message that matches:
# cmake -Dprogram=PROXYWASM -Dfile=FILE -Dmessage=REGEX -P refused.cmake

execute_process(COMMAND "${program}" inspect "${file}" RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(NOT result STREQUAL "1")
  message(FATAL_ERROR "inspect ${file} ended with ${result}, not 1:\n${text}")
endif()
if(NOT text MATCHES "${message}")
  message(FATAL_ERROR "inspect ${file} does not say '${message}' but:\n${text}")
endif()
