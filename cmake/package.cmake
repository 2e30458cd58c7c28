# SPDX-License-Identifier: Apache-2.0
# Read by cpack before it makes the package. What only one engine's library needs is recommended (install.cmake), and not
# needed: dpkg-shlibdeps leaves it out.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(SHLIBDEPS_EXECUTABLE dpkg-shlibdeps -xlibllvm19)
endif()
