// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// Any bytes as an npy file. If it opens, its numbers are exactly the rest of the file, and an array written of them is
// the same one. Else there is a file_error of one line.
//
// The first byte of an input says what the rest is: even, a file; odd, a dictionary, with right bytes before it and as
// many behind it as the next byte says.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/fuzz_input.hpp"
#include "geolip/checkpoint/npy.hpp"
#include "support/safetensors.hpp"

namespace cp = geolip::checkpoint;
using geolip_test::require;

namespace {

std::string file_of_dictionary(std::string_view text, std::size_t data_bytes) {
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(static_cast<unsigned char>(text.size() & 255));
    bytes += static_cast<char>(static_cast<unsigned char>(text.size() >> 8 & 255));
    bytes += text;
    for (std::size_t i = 1; i <= data_bytes; ++i) bytes += static_cast<char>(static_cast<unsigned char>(i));
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static const geolip_test::memory_file file;
    static const temporary_folder folder;
    std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    if (data[0] % 2 != 0) bytes = file_of_dictionary(std::string_view(bytes).substr(1), data[1]);
    file.fill(bytes);
    try {
        const cp::npy_file array(file.path());
        std::size_t elements = 1;
        for (const std::size_t n : array.shape()) elements *= n;
        require(array.size() == elements, "as many elements as the shape has");
        require(cp::byte_size(array.dtype(), array.shape()) <= bytes.size(), "no more than the file");
        if (!cp::is_readable_as<double>(array.dtype())) return 0;
        const std::vector<double> values = array.read<double>();
        require(values.size() == elements, "all elements");
        const cp::npy_file unmapped(file.path(), geolip::file_access::read);
        require(geolip_test::same_numbers(unmapped.read<double>(), values), "mapped or not, the same elements");
        cp::write_npy<double>(folder / "again", array.shape(), values);
        const cp::npy_file again(folder / "again");
        require(again.shape() == array.shape() && geolip_test::same_numbers(again.read<double>(), values),
                "written and read again, the same array");
    } catch (const geolip::file_error& e) {
        geolip_test::require_message(e.what());
    }
    return 0;
}
