# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# One target per device system: thrust_cpp, thrust_omp, thrust_tbb, thrust_cuda; and thrust, whose system is
# GEOLIP_THRUST_DEVICE (CPP unless set). Thrust's own default, CUDA, does not compile without nvcc.
string(REGEX MATCH "[^_]*$" _geolip_device "${_geolip_component}")
if(_geolip_component STREQUAL "thrust")
    set(_geolip_device "${GEOLIP_THRUST_DEVICE}")
    if(NOT _geolip_device)
        set(_geolip_device CPP)
    endif()
endif()
string(TOUPPER "${_geolip_device}" _geolip_device)
if(NOT TARGET geolip::${_geolip_component} AND _geolip_device MATCHES "^(CPP|OMP|TBB|CUDA)$")
    find_dependency(Thrust CONFIG OPTIONAL_COMPONENTS ${_geolip_device})
    if(NOT TARGET Thrust::${_geolip_device})
        set(geolip_NOT_FOUND_MESSAGE
            "geolip's component ${_geolip_component} needs Thrust's ${_geolip_device} system, which was not found")
    else()
        thrust_create_target(geolip::${_geolip_component} HOST CPP DEVICE ${_geolip_device})
        target_link_libraries(geolip::${_geolip_component} INTERFACE geolip::geolip)
        if(_geolip_device STREQUAL "CUDA")
            # As an option, because CMake 3.25 does not know that nvcc has C++20.
            target_compile_options(geolip::${_geolip_component} INTERFACE $<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>)
        endif()
    endif()
endif()
