// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// Any bytes as a safetensors file. It opens exactly if a second reading finds it right; then the table is what that
// reading has, mapped or not, and a file written of its tensors has the same ones. Else there is a file_error of one
// line.
//
// The first byte of an input says what the rest is: even, a file; odd, a header, with right bytes before it and as many
// behind it as the next byte says.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/fuzz_input.hpp"
#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/checkpoint/safetensors_writer.hpp"
#include "support/safetensors.hpp"
#include "support/second_reading.hpp"

namespace cp = geolip::checkpoint;
using geolip_test::require;

namespace {

std::optional<cp::safetensors_file> opened(const std::filesystem::path& path, geolip::file_access access) {
    try {
        return cp::safetensors_file(path, access);
    } catch (const geolip::file_error& e) {
        geolip_test::require_message(e.what());
        return std::nullopt;
    }
}

std::vector<std::byte> bytes_of(const cp::safetensors_file& file, const cp::tensor_info& t) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(t.end - t.begin));
    file.read_bytes(t, 0, bytes);
    return bytes;
}

/// Writes all tensors to `path`.
void write_again(const cp::safetensors_file& file, const std::filesystem::path& path) {
    std::vector<std::vector<std::byte>> bytes;
    std::vector<cp::tensor> tensors;
    for (const cp::tensor_info& t : file.tensors()) bytes.push_back(bytes_of(file, t));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const cp::tensor_info& t = file.tensors()[i];
        tensors.push_back({t.name, t.dtype, t.shape, bytes[i]});
    }
    cp::write_safetensors(path, tensors, file.metadata());
}

void require_same(const cp::safetensors_file& a, const cp::safetensors_file& b) {
    require(a.tensors().size() == b.tensors().size(), "as many tensors");
    require(a.metadata() == b.metadata(), "the same metadata");
    for (const cp::tensor_info& t : a.tensors()) {
        const cp::tensor_info* other = b.find(t.name);
        require(other != nullptr, "a tensor of that name");
        require(other->dtype == t.dtype && other->shape == t.shape, "of the same type and shape");
        require(bytes_of(a, t) == bytes_of(b, *other), "with the same bytes");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static const geolip_test::memory_file file;
    static const temporary_folder folder;
    const bool whole = data[0] % 2 == 0;
    std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    if (!whole) bytes = geolip_test::file_of(std::string_view(bytes).substr(1), data[1]);
    file.fill(bytes);

    bool right = false;
    std::string header;
    std::uint64_t length = 0, rest = 0;
    if (bytes.size() >= 8) {
        for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(bytes[i]);
        if (length <= bytes.size() - 8) {
            header = bytes.substr(8, static_cast<std::size_t>(length));
            rest = bytes.size() - 8 - length;
            right = geolip_test::is_valid(header, rest);
        }
    }
    const auto mapped = opened(file.path(), geolip::file_access::map);
    const auto read = opened(file.path(), geolip::file_access::read);
    require(mapped.has_value() == right, right ? "a right file does not open" : "a wrong file opens");
    require(read.has_value() == right, "what is mapped and what is read are judged alike");
    if (!right) return 0;

    const cp::safetensors_header table{{mapped->tensors().begin(), mapped->tensors().end()}, mapped->metadata()};
    require(geolip_test::same_table(table, geolip_test::tree_of(header)), "the table is that of the second reading");
    require_same(*mapped, *read);
    std::uint64_t end = 0;
    for (const cp::tensor_info& t : mapped->tensors()) {
        require(t.begin == end, "no hole and no overlap");
        end = t.end;
        const std::vector<std::byte> own = bytes_of(*mapped, t);
        require(std::equal(own.begin(), own.end(), mapped->bytes(t).begin(), mapped->bytes(t).end()), "its bytes");
        const auto* at = reinterpret_cast<const std::byte*>(bytes.data()) + 8 + length + t.begin;
        require(std::equal(own.begin(), own.end(), at), "the bytes of the file");
        if (cp::is_readable_as<double>(t.dtype)) require(mapped->read<double>(t).size() == t.size(), "all elements");
    }
    require(end == rest, "nothing behind the tensors");

    write_again(*mapped, folder / "once");
    const cp::safetensors_file once(folder / "once");
    require_same(*mapped, once);
    write_again(once, folder / "twice");
    require(content_of(folder / "once") == content_of(folder / "twice"), "a file written again is the same");
    return 0;
}
