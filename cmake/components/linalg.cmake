# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# Eigen 3.4's version file refuses a range that reaches 5, Eigen 5's refuses a plain 3.4: find any, then look.
find_dependency(Eigen3 CONFIG)
if(Eigen3_FOUND AND (Eigen3_VERSION VERSION_LESS 3.4 OR Eigen3_VERSION VERSION_GREATER_EQUAL 6))
    set(geolip_NOT_FOUND_MESSAGE "geolip's component linalg needs Eigen 3.4 to 5.x, found ${Eigen3_VERSION}")
elseif(Eigen3_FOUND AND NOT TARGET geolip::linalg)
    add_library(geolip::linalg INTERFACE IMPORTED)
    target_link_libraries(geolip::linalg INTERFACE geolip::geolip Eigen3::Eigen)
endif()
