# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# Defines geolip::<component> for each name in `components`, or stops where its library is missing. The files in
# components/ are written for the installed package, which includes them from inside find_package(geolip).
include(CMakeFindDependencyMacro)
set(CMAKE_FIND_PACKAGE_NAME geolip)
set(geolip_FIND_REQUIRED TRUE)
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE) # A parent project sees the libraries too.
foreach(_geolip_component IN LISTS components)
    string(REGEX REPLACE "_.*" "" _geolip_file ${_geolip_component})
    include(${CMAKE_CURRENT_LIST_DIR}/components/${_geolip_file}.cmake)
    if(NOT TARGET geolip::${_geolip_component})
        message(FATAL_ERROR "${geolip_NOT_FOUND_MESSAGE}")
    endif()
    set_target_properties(geolip::${_geolip_component} PROPERTIES IMPORTED_GLOBAL TRUE)
endforeach()
unset(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
unset(CMAKE_FIND_PACKAGE_NAME)
