# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# cmake -DPRESET=... -DSOURCE=... -DWORK=... [-DTARGET=...] -DTEST=... -P preset.cmake: builds a preset of the project
# (or one target of it) and runs those of its unit tests whose name matches.
if(NOT DEFINED TARGET)
    set(TARGET all)
endif()
set(ENV{CMAKE_BUILD_PARALLEL_LEVEL} 2)
execute_process(COMMAND ${CMAKE_COMMAND} --preset ${PRESET} -B ${WORK} WORKING_DIRECTORY ${SOURCE}
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK} --target ${TARGET} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${WORK} --output-on-failure --no-tests=error -L unit -R ${TEST}
                COMMAND_ERROR_IS_FATAL ANY)
