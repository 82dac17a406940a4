# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#
# Debian's g++-aarch64-linux-gnu; programs run under qemu-user where it is installed.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Header-only libraries of the host serve as they are, but only after every header of the target.
set(CMAKE_CXX_FLAGS_INIT "-idirafter /usr/include")
find_program(GEOLIP_QEMU_AARCH64 qemu-aarch64)
if(GEOLIP_QEMU_AARCH64)
    set(CMAKE_CROSSCOMPILING_EMULATOR ${GEOLIP_QEMU_AARCH64} -L /usr/aarch64-linux-gnu)
endif()
