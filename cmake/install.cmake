# SPDX-License-Identifier: Apache-2.0
# Where everything goes (make install), and the Debian package of it (make deb).

# Traffic Server says where it looks for plugins.
find_program(TRAFFIC_LAYOUT traffic_layout)
set(modules "")
if(TRAFFIC_LAYOUT)
  execute_process(COMMAND ${TRAFFIC_LAYOUT} info OUTPUT_VARIABLE layout ERROR_QUIET)
  if(layout MATCHES "PLUGINDIR: *([^\n]+)")
    set(modules "${CMAKE_MATCH_1}")
  endif()
endif()
if(NOT modules)
  set(modules "${CMAKE_INSTALL_FULL_LIBDIR}/trafficserver/modules")
endif()
set(PW_TRAFFIC_SERVER_MODULES "${modules}" CACHE PATH "Where Traffic Server looks for plugins")

if(TARGET wasm)
  install(TARGETS wasm LIBRARY DESTINATION "${PW_TRAFFIC_SERVER_MODULES}")
endif()
install(DIRECTORY include/proxywasm DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS proxywasm_host proxywasm_engine proxywasm_types ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
configure_file(cmake/proxywasm.pc.in "${CMAKE_BINARY_DIR}/proxywasm.pc" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/proxywasm.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES LICENSE README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "The proxywasm authors")
set(CPACK_PACKAGE_CONTACT "The proxywasm authors <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Proxy-Wasm host for Traffic Server and the command line")
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PW_WASMTIME_DIRECTORY}/lib" "${PW_DEPS}/v8/lib"
    "${PW_DEPS}/wasmedge/lib")
# V8 for the engine of that name. No more than recommended: another vendor's Node.js may keep it from being installed.
# LLVM for WasmEdge's library: it is large.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libnode108, libllvm19")
set(CPACK_PROJECT_CONFIG_FILE "${CMAKE_CURRENT_LIST_DIR}/package.cmake")
# And what compiles modules for the engine wasm2c, which runs them without.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "trafficserver (>= 9.2), wabt, gcc")
include(CPack)
