// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The results of a sweep from the records of its shards.

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/sweep/record.hpp"
#include "geolip/sweep/results.hpp"

namespace geolip::sweep {

/// Reads every shard of one sweep, in any order; the results are those of an unsharded run.
/// \throws usage_error if there are no files; file_error naming the first that is not the record of a finished
///         shard, belongs to another sweep or comes twice, or the shards that are missing
inline results merge(std::span<const std::filesystem::path> files) {
    detail::check(!files.empty(), "there is nothing to merge", "the record of every shard");
    results all;
    std::vector<bool> have;
    for (const std::filesystem::path& path : files) {
        record_content content = read_record(path);
        const shard part = content.part;
        results& from = content.results;
        require_finished(path, content);
        if (have.empty()) {
            all = results(from.plan);
            have.resize(part.count);
        }
        detail::require_same_header(path, detail::header_text(from.plan, {part.index, part.count}),
                                    detail::header_text(all.plan, {part.index, have.size()}));
        if (have[part.index - 1]) {
            geolip::detail::raise(file_error("'" + path.string() + "' is shard " + to_string(part) +
                                             " once more; expected each shard once; leave one of the files out"));
        }
        have[part.index - 1] = true;
        const std::size_t width = entries_per_item(all.plan);
        for (std::size_t i = 0; i < from.entries.size(); ++i) {
            if (from.done[i / width]) all.entries[i] = from.entries[i];
        }
    }
    std::string missing;
    for (std::size_t i = 0; i < have.size(); ++i) {
        if (!have[i]) missing += (missing.empty() ? "" : ", ") + to_string(shard{i + 1, have.size()});
    }
    if (!missing.empty()) {
        geolip::detail::raise(file_error("shards are missing: " + missing + "; expected all " +
                                         std::to_string(have.size()) + "; run them and name their files too"));
    }
    all.done.assign(all.done.size(), true);
    return all;
}

}  // namespace geolip::sweep
