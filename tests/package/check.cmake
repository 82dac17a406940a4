# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# cmake -DMODE=... -DSOURCE=<geolip> -DBUILD=<geolip's build> -DWORK=<a folder of this test's own> -DCXX=<compiler>
#       [-DFLAGS=...] [-DCOMPONENTS=...] -P check.cmake
set(consumer ${SOURCE}/tests/package/consumer)
set(prefix ${WORK}/moved)

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Installed anew for each test, then moved: a package must not remember where it was.
function(install_package)
    run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed)
    file(RENAME ${WORK}/installed ${prefix})
endfunction()

function(build_consumer)
    run(${CMAKE_COMMAND} -S ${consumer} -B ${WORK}/build -G Ninja -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${FLAGS}
        -DCMAKE_FIND_PACKAGE_PREFER_CONFIG=ON -DCMAKE_WARN_DEPRECATED=OFF -DThrust_ROOT=${THRUST_ROOT} ${ARGN})
    run(${CMAKE_COMMAND} --build ${WORK}/build)
endfunction()

file(REMOVE_RECURSE ${WORK})
string(REPLACE " " "," COMPONENTS "${COMPONENTS}") # semicolons would not survive the way to the consumer
if(MODE STREQUAL "installed")
    install_package()
    build_consumer(-DCMAKE_PREFIX_PATH=${prefix} "-DCOMPONENTS=${COMPONENTS}")
elseif(MODE STREQUAL "subdirectory")
    build_consumer(-DGEOLIP_FROM=${SOURCE} "-DCOMPONENTS=${COMPONENTS}")
elseif(MODE STREQUAL "pkg-config")
    install_package()
    set(ENV{PKG_CONFIG_PATH} ${prefix}/share/pkgconfig)
    execute_process(COMMAND pkg-config --cflags --libs geolip OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run(${CXX} -std=c++20 ${consumer}/main.cpp -o ${WORK}/consumer ${flags})
    run(${WORK}/consumer)
elseif(MODE STREQUAL "missing") # What is not there stops only who required it, and says what it was.
    install_package()
    set(configure ${CMAKE_COMMAND} -S ${consumer} -G Ninja -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_PREFIX_PATH=${prefix})
    set(without_json -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON)
    run(${configure} -B ${WORK}/optional -DOPTIONAL_COMPONENTS=json ${without_json})
    foreach(case "json;${without_json}" "telepathy")
        list(POP_FRONT case component)
        execute_process(COMMAND ${configure} -B ${WORK}/${component} -DCOMPONENTS=${component} ${case}
            RESULT_VARIABLE status ERROR_VARIABLE message OUTPUT_QUIET)
        if(status EQUAL 0 OR NOT message MATCHES "${component}")
            message(FATAL_ERROR "requiring ${component} should fail and say so, but: ${status} ${message}")
        endif()
    endforeach()
else()
    message(FATAL_ERROR "unknown mode ${MODE}")
endif()
