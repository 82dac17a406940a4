# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
find_dependency(xtensor)
if(xtensor_FOUND AND NOT TARGET geolip::xtensor)
    add_library(geolip::xtensor INTERFACE IMPORTED)
    target_link_libraries(geolip::xtensor INTERFACE geolip::geolip xtensor)
endif()
