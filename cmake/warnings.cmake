# SPDX-License-Identifier: Apache-2.0
# Warnings are errors, in every part and build type.
add_library(pw_warnings INTERFACE)
target_compile_options(pw_warnings INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wformat=2 -Wundef -Wpointer-arith -Wvla
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition>)
