# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# Everything but the unit tests and the programs.

set(include_dir ${PROJECT_SOURCE_DIR}/include)
set(work_dir ${PROJECT_BINARY_DIR}/checks)

# ---- Headers: alone and twice, under hostile macros, with the standard library only where that is promised.
add_library(geolip_everything INTERFACE)
target_link_libraries(geolip_everything INTERFACE geolip::json geolip::linalg geolip::xtensor geolip::thrust_cpp
                                                  OpenMP::OpenMP_CXX TBB::tbb geolip_warnings)
set(third_party $<TARGET_PROPERTY:geolip_everything,INTERFACE_INCLUDE_DIRECTORIES>)
set(third_party $<FILTER:$<REMOVE_DUPLICATES:${third_party}>,EXCLUDE,^/usr/include$|^${include_dir}$>)
file(
    GENERATE
    OUTPUT ${work_dir}/flags
    CONTENT "-std=c++20 -fopenmp -Werror
$<JOIN:$<TARGET_PROPERTY:geolip_warnings,INTERFACE_COMPILE_OPTIONS>,\n>
-D$<JOIN:$<TARGET_PROPERTY:geolip_everything,INTERFACE_COMPILE_DEFINITIONS>,\n-D>
$<$<BOOL:${third_party}>:-isystem \"$<JOIN:${third_party},\"\n-isystem \">\">
"
    TARGET geolip_test_main)
foreach(mode alone hostile std)
    add_test(NAME headers.${mode} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/headers/check ${mode} ${include_dir}
                                          ${CMAKE_CXX_COMPILER} @${work_dir}/flags)
endforeach()

# ---- All of them in two translation units of one program: nothing is defined twice.
file(GLOB_RECURSE all_headers RELATIVE ${include_dir} CONFIGURE_DEPENDS ${include_dir}/*.hpp)
list(FILTER all_headers EXCLUDE REGEX "/cuda[^/]*$") # nvcc's, see below
list(TRANSFORM all_headers REPLACE "(.+)" "#include \"\\1\"")
list(JOIN all_headers "\n" all_headers)
file(CONFIGURE OUTPUT ${work_dir}/first.cpp CONTENT "@all_headers@\nint second();\nint main() { return second(); }\n" @ONLY)
file(CONFIGURE OUTPUT ${work_dir}/second.cpp CONTENT "@all_headers@\nint second();\nint second() { return 0; }\n" @ONLY)
add_executable(two_units ${work_dir}/first.cpp ${work_dir}/second.cpp)
target_link_libraries(two_units PRIVATE geolip_everything)
target_compile_options(two_units PRIVATE -O0)
add_test(NAME headers.two_units COMMAND two_units)

# ---- What must not compile, with the message it must give.
file(GLOB sources CONFIGURE_DEPENDS compile_fail/*.cpp)
foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_test(NAME compile_fail.${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/compile_fail/check ${source}
                                               ${CMAKE_CXX_COMPILER} -std=c++20 -I ${include_dir})
endforeach()

# ---- The package, as other people's projects meet it.
function(geolip_check_package name)
    add_test(NAME package.${name}
             COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DBUILD=${PROJECT_BINARY_DIR}
                     -DWORK=${work_dir}/${name} -DCXX=${CMAKE_CXX_COMPILER} -DTHRUST_ROOT=${Thrust_ROOT} ${ARGN} -P
                     ${CMAKE_CURRENT_SOURCE_DIR}/package/check.cmake)
endfunction()
geolip_check_package(installed -DMODE=installed)
geolip_check_package(installed_components -DMODE=installed "-DCOMPONENTS=json linalg lapack xtensor thrust")
geolip_check_package(subdirectory -DMODE=subdirectory "-DFLAGS=-O2 -Wall -Wextra -Wpedantic -Wconversion -Werror")
geolip_check_package(subdirectory_components -DMODE=subdirectory "-DCOMPONENTS=json linalg lapack xtensor thrust")
geolip_check_package(missing -DMODE=missing)
geolip_check_package(no_exceptions -DMODE=subdirectory "-DFLAGS=-fno-exceptions -fno-rtti")
geolip_check_package(fast_math -DMODE=subdirectory "-DFLAGS=-O3 -ffast-math")
find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG)
    geolip_check_package(pkg_config -DMODE=pkg-config)
else()
    geolip_skip(package.pkg_config "no pkg-config here")
endif()
add_test(NAME package.conan COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/conan ${work_dir}/conan)
set_tests_properties(package.conan PROPERTIES SKIP_RETURN_CODE 77)
add_test(NAME package.vcpkg COMMAND ${CMAKE_COMMAND} -DWORK=${work_dir}/vcpkg -P
                                    ${CMAKE_CURRENT_SOURCE_DIR}/package/vcpkg.cmake)

# ---- The unit tests again: sanitizers, another compiler and standard library, another architecture.
function(geolip_check_preset preset tool)
    find_program(tool_${tool} ${tool})
    if(NOT tool_${tool})
        geolip_skip(preset.${preset} "no ${tool} here")
        return()
    endif()
    add_test(NAME preset.${preset} COMMAND ${CMAKE_COMMAND} -DPRESET=${preset} -DSOURCE=${PROJECT_SOURCE_DIR}
                                           -DWORK=${work_dir}/${preset} ${ARGN} -P
                                           ${CMAKE_CURRENT_SOURCE_DIR}/preset.cmake)
    set_tests_properties(preset.${preset} PROPERTIES TIMEOUT 3600 COST 1000) # first, as they take longest
endfunction()
geolip_check_preset(asan clang++-19)
geolip_check_preset(tsan clang++-19)
geolip_check_preset(aarch64 aarch64-linux-gnu-g++)
geolip_check_preset(cuda nvcc -DTARGETS=thrust_cuda_test)

# ---- Readers of files that others write, fed with anything by clang's libFuzzer.
foreach(reader safetensors npy)
    set(seconds 40)
    if(reader STREQUAL "npy")
        set(seconds 8)
    endif()
    add_test(NAME fuzz.${reader} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/check ${reader} ${seconds}
                                         ${work_dir}/fuzz_${reader} ${include_dir})
    set_tests_properties(fuzz.${reader} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()

# ---- And on an x86 processor from before AVX: run-time dispatch must not leak wide instructions into common code.
find_program(QEMU_X86_64 qemu-x86_64)
if(QEMU_X86_64 AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(emulated ${QEMU_X86_64} -cpu Nehalem)
    foreach(folder IN LISTS std_folders)
        file(GLOB sources ${folder}/*_test.cpp)
        list(FILTER sources INCLUDE REGEX "${long_tests}")
        list(TRANSFORM sources REPLACE ".*/" "*/")
        list(JOIN sources "," sources)
        if(TARGET ${folder}_tests)
            add_test(NAME baseline.${folder} COMMAND ${emulated} $<TARGET_FILE:${folder}_tests>
                                                     --source-file-exclude=${sources})
        endif()
    endforeach()
    if(TARGET sweep)
        add_test(NAME baseline.sweep COMMAND ${emulated} $<TARGET_FILE:sweep> --dims 8:64:8 --vocabs 8:64:8 --samples 50)
    endif()
else()
    geolip_skip(baseline "no qemu-x86_64 here, or another architecture")
endif()

# ---- Formatting and documents.
add_test(NAME style.format COMMAND ${PROJECT_SOURCE_DIR}/scripts/check-format)
add_test(NAME docs.doxygen COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/doxygen ${work_dir}/doxygen)
add_test(NAME docs.snippets COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/snippets ${work_dir}/snippets ${CMAKE_CXX_COMPILER}
                                    @${work_dir}/flags -I ${include_dir})
set_tests_properties(style.format docs.doxygen docs.snippets PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(docs.snippets headers.alone PROPERTIES COST 500) # long and on one core: not at the end
