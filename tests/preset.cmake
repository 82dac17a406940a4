# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# cmake -DPRESET=... -DSOURCE=... -DWORK=... [-DTARGETS=...] -P preset.cmake: builds a preset of the project, or those of
# its targets that are named, and runs the unit tests thereof.
if(NOT TARGETS)
    set(TARGETS all)
endif()
separate_arguments(TARGETS UNIX_COMMAND "${TARGETS}")
list(TRANSFORM TARGETS REPLACE "_tests?$" "" OUTPUT_VARIABLE tests)
list(JOIN tests "|" tests)
string(REGEX REPLACE "^all$" ".*" tests "${tests}")
set(tests "^(${tests})[.]") # the programs' own tests, not those of others whose names contain theirs

set(ENV{CMAKE_BUILD_PARALLEL_LEVEL} 1)
execute_process(COMMAND ${CMAKE_COMMAND} --preset ${PRESET} -B ${WORK} WORKING_DIRECTORY ${SOURCE}
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK} --target ${TARGETS} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${WORK} --output-on-failure --no-tests=error -L unit -R ${tests}
                COMMAND_ERROR_IS_FATAL ANY)
