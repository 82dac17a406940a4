# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
find_dependency(nlohmann_json 3.10)
if(nlohmann_json_FOUND AND NOT TARGET geolip::json)
    add_library(geolip::json INTERFACE IMPORTED)
    target_link_libraries(geolip::json INTERFACE geolip::geolip nlohmann_json::nlohmann_json)
endif()
