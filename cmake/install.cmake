# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# Headers, the CMake package and the pkg-config file. Nothing here is built for one architecture, so all goes under share/.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/geolip)
set(pkgconfig_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)

install(TARGETS geolip EXPORT geolip-targets FILE_SET HEADERS)
install(EXPORT geolip-targets NAMESPACE geolip:: DESTINATION ${package_dir})

configure_package_config_file(cmake/geolip-config.cmake.in geolip-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(geolip-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/geolip-config.cmake ${PROJECT_BINARY_DIR}/geolip-config-version.cmake
        DESTINATION ${package_dir})
install(DIRECTORY cmake/components DESTINATION ${package_dir})

# The prefix follows from where the .pc file lies, so an installed tree may be moved.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
configure_file(cmake/geolip.pc.in geolip.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/geolip.pc DESTINATION ${pkgconfig_dir})
