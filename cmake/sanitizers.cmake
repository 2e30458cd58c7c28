# SPDX-License-Identifier: Apache-2.0
add_library(pw_sanitizers INTERFACE)
if(PW_SANITIZE)
  target_compile_options(pw_sanitizers INTERFACE -fsanitize=${PW_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(pw_sanitizers INTERFACE -fsanitize=${PW_SANITIZE})
endif()
