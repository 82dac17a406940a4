# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.0"

# Component of find_package(geolip COMPONENTS ...): what it requires. An application that takes one of these from the
# system says so in its profile, under [platform_requires].
LIBRARIES = {
    "json": "nlohmann_json/[>=3.10 <4]",
    "linalg": "eigen/[>=3.4 <6]",
    "xtensor": "xtensor/[>=0.24 <0.28]",
    "thrust": "thrust/[>=1.17]",
}


class GeolipConan(ConanFile):
    name = "geolip"
    description = "The geometry of neural representations, measured"
    license = "MIT"
    topics = ("geometry", "embeddings", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {component: [True, False] for component in LIBRARIES}
    default_options = {component: False for component in LIBRARIES}
    no_copy_source = True

    @property
    def _checkout(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._checkout, "include", "geolip", "core", "version.hpp"))
        self.version = re.search(r'version_string = "([0-9.]+)"', header).group(1)

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*"):
            copy(self, pattern, src=self._checkout, dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        for component, library in LIBRARIES.items():
            if self.options.get_safe(component):
                self.requires(library)

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["GEOLIP_BUILD_TESTS"] = False
        toolchain.cache_variables["GEOLIP_BUILD_EXAMPLES"] = False
        toolchain.generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        # The package's own CMake files serve CMake, components included: no second description of them here.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("share", "cmake", "geolip")]
        self.cpp_info.set_property("cmake_file_name", "geolip")
        self.cpp_info.set_property("cmake_target_name", "geolip::geolip")
        self.cpp_info.set_property("pkg_config_name", "geolip")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
