# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# LAPACK by its C interface, which is a library of its own (Debian's liblapacke) or a part of OpenBLAS or MKL.
include(${CMAKE_CURRENT_LIST_DIR}/linalg.cmake)
if(TARGET geolip::linalg AND NOT TARGET geolip::lapack)
    find_path(GEOLIP_LAPACKE_INCLUDE_DIR lapacke.h PATH_SUFFIXES openblas lapacke)
    find_library(GEOLIP_LAPACKE_LIBRARY NAMES lapacke openblas mkl_rt)
    mark_as_advanced(GEOLIP_LAPACKE_INCLUDE_DIR GEOLIP_LAPACKE_LIBRARY)
    if(GEOLIP_LAPACKE_INCLUDE_DIR AND GEOLIP_LAPACKE_LIBRARY)
        add_library(geolip::lapack INTERFACE IMPORTED)
        target_include_directories(geolip::lapack SYSTEM INTERFACE ${GEOLIP_LAPACKE_INCLUDE_DIR})
        target_compile_definitions(geolip::lapack INTERFACE GEOLIP_WITH_LAPACK)
        target_link_libraries(geolip::lapack INTERFACE geolip::linalg ${GEOLIP_LAPACKE_LIBRARY})
    else()
        set(geolip_NOT_FOUND_MESSAGE
            "geolip's component lapack needs lapacke.h and its library (Debian: liblapacke-dev); \
GEOLIP_LAPACKE_INCLUDE_DIR and GEOLIP_LAPACKE_LIBRARY say where they are")
    endif()
endif()
