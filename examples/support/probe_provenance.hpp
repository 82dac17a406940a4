// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a report was made of: the seed and the files, by name, size and SHA-256. Nothing in it changes from run to run
/// or with the folder.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/backend/task_list.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/core/input_file.hpp"
#include "geolip/core/sha256.hpp"
#include "geolip/core/text.hpp"

namespace examples::probe {

struct provenance {
    std::uint64_t seed = 42;
    std::filesystem::path mapping;  ///< empty for none
    bool content = false;           ///< hash the whole of the weights, not their headers alone
    unsigned threads = 1;
};

/// `text` for a JSON document: as it is where it is UTF-8, else escaped.
inline std::string json_text(std::string_view text) {
    for (std::string_view rest = text; !rest.empty();) {
        const auto c = geolip::detail::first_code_point(rest);
        if (c.bytes == 0) return geolip::escaped(text);
        rest.remove_prefix(c.bytes);
    }
    return std::string(text);
}

/// The SHA-256 of the first `size` bytes of `file`, which has read_at.
template <class File>
std::string hash_of(const File& file, std::uint64_t size) {
    geolip::sha256 hash;
    std::vector<std::byte> part(static_cast<std::size_t>(std::min<std::uint64_t>(size, 1 << 20)));
    for (std::uint64_t at = 0; at < size;) {
        const auto here =
            std::span(part).first(static_cast<std::size_t>(std::min<std::uint64_t>(size - at, part.size())));
        file.read_at(at, here);
        hash.add(here);
        at += here.size();
    }
    return hash.text();
}

/// {"seed", "files": [{"name", "bytes", "tensors", "header_bytes", "header_sha256", "sha256"}], "config", "mapping"}.
inline nlohmann::ordered_json provenance_json(const geolip::checkpoint::model_files& files, const provenance& p) {
    nlohmann::ordered_json out{{"seed", p.seed}, {"files", nlohmann::ordered_json::array()}};
    std::vector<std::string> contents(files.files().size());
    if (p.content) {
        geolip::task_list tasks;
        for (std::size_t i = 0; i < contents.size(); ++i)
            tasks.add(0, [&, i] { contents[i] = hash_of(files.files()[i], files.files()[i].size()); });
        tasks.run(p.threads, [](std::size_t, std::size_t) {});
    }
    for (std::size_t i = 0; i < contents.size(); ++i) {
        const geolip::checkpoint::safetensors_file& f = files.files()[i];
        out["files"].push_back({{"name", json_text(f.path().filename().string())},
                                {"bytes", f.size()},
                                {"tensors", f.tensors().size()},
                                {"header_bytes", f.header_size()},
                                {"header_sha256", hash_of(f, f.header_size())}});
        if (p.content) out["files"].back()["sha256"] = contents[i];
    }
    const auto document = [&](const char* key, const std::filesystem::path& path) {
        if (path.empty()) return;
        const geolip::input_file file(path, geolip::file_access::read);
        out[key] = {{"name", json_text(path.filename().string())},
                    {"bytes", file.size()},
                    {"sha256", hash_of(file, file.size())}};
    };
    document("config", files.config_path());
    document("mapping", p.mapping);
    return out;
}

}  // namespace examples::probe
