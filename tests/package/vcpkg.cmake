# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# cmake -DWORK=<folder> -P vcpkg.cmake: runs the overlay port's portfile with stand-ins for the functions vcpkg would
# provide, and looks at what it made. It shows that the portfile does what it should with functions that behave as
# vcpkg's documentation says; it is not a run of vcpkg.
cmake_minimum_required(VERSION 3.25)
set(port_dir ${CMAKE_CURRENT_LIST_DIR}/../../packaging/vcpkg/ports/geolip)
file(REMOVE_RECURSE ${WORK})

set(PORT geolip)
set(CURRENT_PACKAGES_DIR ${WORK}/packages/geolip)
set(CURRENT_BUILDTREES_DIR ${WORK}/buildtrees)

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${CURRENT_BUILDTREES_DIR} -G Ninja
                            -DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} ${arg_OPTIONS} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
function(vcpkg_cmake_install)
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${CURRENT_BUILDTREES_DIR} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
# vcpkg moves the files of CONFIG_PATH to share/<port> and corrects the prefix the targets file works out.
function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
    file(RENAME ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH} ${CURRENT_PACKAGES_DIR}/share/moved)
    file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/share/cmake)
    file(RENAME ${CURRENT_PACKAGES_DIR}/share/moved ${CURRENT_PACKAGES_DIR}/share/${PORT})
    file(GLOB configs ${CURRENT_PACKAGES_DIR}/share/${PORT}/*.cmake)
    foreach(config IN LISTS configs)
        file(READ ${config} text)
        string(REGEX REPLACE "(get_filename_component\\(PACKAGE_PREFIX_DIR \"\\\${CMAKE_CURRENT_LIST_DIR}/)[./]*" "\\1../.." text
                             "${text}")
        string(REGEX REPLACE "get_filename_component\\(_IMPORT_PREFIX \"\\\${CMAKE_CURRENT_LIST_FILE}\" PATH\\)\n(get_filename_component\\(_IMPORT_PREFIX \"\\\${_IMPORT_PREFIX}\" PATH\\)\n)*"
               "get_filename_component(_IMPORT_PREFIX \"\${CMAKE_CURRENT_LIST_DIR}/../..\" ABSOLUTE)\n" text "${text}")
        file(WRITE ${config} "${text}")
    endforeach()
endfunction()
function(vcpkg_fixup_pkgconfig)
endfunction()
function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
    configure_file(${arg_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright COPYONLY)
endfunction()

# vcpkg's script mode knows the port's folder by CMAKE_CURRENT_LIST_DIR, as include() does.
include(${port_dir}/portfile.cmake)

foreach(file include/geolip/core/version.hpp share/geolip/geolip-config.cmake share/geolip/components/json.cmake
             share/geolip/copyright share/geolip/usage)
    if(NOT EXISTS ${CURRENT_PACKAGES_DIR}/${file})
        message(FATAL_ERROR "the port did not install ${file}")
    endif()
endforeach()
foreach(folder debug lib share/cmake)
    if(EXISTS ${CURRENT_PACKAGES_DIR}/${folder})
        message(FATAL_ERROR "the port left ${folder} behind")
    endif()
endforeach()

file(READ ${port_dir}/vcpkg.json manifest)
string(JSON version GET "${manifest}" version-semver)
file(READ ${port_dir}/../../../../include/geolip/core/version.hpp header)
if(NOT header MATCHES "version_string = \"${version}\"")
    message(FATAL_ERROR "vcpkg.json says version ${version}, version.hpp does not")
endif()

execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${WORK}/consumer -G Ninja
                        -DCMAKE_PREFIX_PATH=${CURRENT_PACKAGES_DIR} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/consumer COMMAND_ERROR_IS_FATAL ANY)
