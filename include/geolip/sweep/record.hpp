// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The record of a sweep under way: an append-only file from which a killed run resumes and shards are merged.
/// A kill at any moment loses at most the items in flight.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "geolip/core/error.hpp"
#include "geolip/core/file.hpp"
#include "geolip/sweep/record_format.hpp"
#include "geolip/sweep/results.hpp"
#include "geolip/sweep/shard.hpp"

namespace geolip::sweep {

/// What a record holds.
struct record_content {
    shard part;
    sweep::results results;
    std::uintmax_t intact_bytes = 0;  ///< where a line begins that the end of its writer tore, if there is one
};

namespace detail {

[[noreturn]] inline void refuse_record(const std::filesystem::path& path, std::size_t line, const std::string& found,
                                       const std::string& expected) {
    geolip::detail::raise(
        file_error("'" + path.string() + "', line " + std::to_string(line) + ": " + found + "; expected " + expected));
}

/// Raises a `file_error` naming the first fact in which two headers differ.
inline void require_same_header(const std::filesystem::path& path, std::string_view found, std::string_view expected) {
    while (!found.empty() || !expected.empty()) {
        const std::string left(next_field(found));
        const std::string right(next_field(expected));
        if (left == right) continue;
        refuse_record(path, 1, "the record of another run, with " + (left.empty() ? "nothing" : left),
                      right + "; give it the options it was begun with, or choose another file");
    }
}

}  // namespace detail

/// Reads a record whole. Only a last line without its end may be damaged; it is left out.
/// \throws file_error saying where the file is not an intact record of this version, and what to do
inline record_content read_record(const std::filesystem::path& path) {
    using detail::refuse_record;
    file in(path, "rb");
    std::string line;
    const bool whole = in.read_line(line);
    if (!line.starts_with(detail::record_magic)) {
        refuse_record(path, 1, "not the record of a sweep",
                      "a file that sweep wrote, beginning '" + std::string(detail::record_magic) + "'");
    }
    const std::string header(detail::unsealed(line));
    if (!whole || header.empty()) refuse_record(path, 1, "a damaged header", "an intact one; start that run anew");
    const std::string ours = detail::header_text({}, {});
    const std::size_t versions = ours.find("\tseed");
    detail::require_same_header(path, header.substr(0, header.find("\tseed")), ours.substr(0, versions));

    record_content content;
    auto [plan, part] = detail::parse_header(header);
    detail::require_same_header(path, header, detail::header_text(plan, part));
    content.part = part;
    content.results = results(std::move(plan));
    content.intact_bytes = line.size() + 1;
    const std::uint64_t seed = detail::fnv1a(header);
    results& r = content.results;
    const std::size_t width = entries_per_item(r.plan);
    for (std::size_t n = 2; in.read_line(line); ++n) {
        std::string_view text = detail::unsealed(line, seed);
        if (text.empty()) refuse_record(path, n, "the checksum does not fit", "an intact line; delete it and resume");
        const auto item = number<std::size_t>(detail::next_field(text));
        if (!item || *item >= r.done.size() || !part.owns(*item) || r.done[*item] ||
            !detail::parse_values(text, std::span(r.entries).subspan(*item * width, width))) {
            refuse_record(path, n, "not a new item of shard " + to_string(part), "one; delete it and resume");
        }
        r.done[*item] = true;
        content.intact_bytes += line.size() + 1;
    }
    return content;
}

/// Raises a `file_error` if the record read from `path` lacks items of its shard.
inline void require_finished(const std::filesystem::path& path, const record_content& content) {
    const std::size_t all = content.part.size(content.results.done.size());
    const std::size_t done = content.results.items_done();
    if (done == all) return;
    geolip::detail::raise(file_error("'" + path.string() + "' holds " + std::to_string(done) + " of the " +
                                     std::to_string(all) + " items of shard " + to_string(content.part) +
                                     "; expected all of them; resume that shard first"));
}

/// Writes a record of the items done, in their order, to `sink`, which takes one piece of text after the other.
template <class Sink>
void write_record(const results& r, shard part, Sink&& sink) {
    const std::string header = detail::header_text(r.plan, part);
    const std::uint64_t seed = detail::fnv1a(header);
    const std::size_t width = entries_per_item(r.plan);
    sink(detail::sealed(header));
    for (std::size_t item = 0; item < r.done.size(); ++item) {
        if (!r.done[item]) continue;
        sink(detail::sealed(detail::item_text(item, std::span(r.entries).subspan(item * width, width)), seed));
    }
}

/// A record open for appending.
class record {
public:
    /// Begins a record at `path`.
    /// \throws file_error if there is a file already, which is left as it was, or none can be written
    static record begin(const std::filesystem::path& path, const plan& p, shard part) {
        if (std::filesystem::exists(path)) {
            geolip::detail::raise(file_error("'" + path.string() +
                                             "' exists already, the record of a run that did not finish; expected no "
                                             "such file; resume that run or delete it"));
        }
        return write_header(path, detail::header_text(p, part));
    }

    /// Goes on with the record at `path`, or begins it if there is none. What it holds replaces `known`, whose plan
    /// it must have. A torn last line is cut off.
    /// \throws file_error if the file is anything else; it is left as it was
    static record resume(const std::filesystem::path& path, shard part, results& known) {
        const std::string header = detail::header_text(known.plan, part);
        if (!std::filesystem::exists(path) || is_torn_header(path, header)) return write_header(path, header);
        record_content content = read_record(path);
        detail::require_same_header(path, detail::header_text(content.results.plan, content.part), header);
        std::filesystem::resize_file(path, content.intact_bytes);
        known = std::move(content.results);
        return {file(path, "ab"), header};
    }

    /// Appends one finished item and hands it to the operating system.
    void append(std::size_t item, std::span<const entry> entries) {
        file_.write(detail::sealed(detail::item_text(item, entries), seed_));
        file_.flush();
    }

private:
    record(file f, std::string_view header) : file_(std::move(f)), seed_(detail::fnv1a(header)) {}

    static record write_header(const std::filesystem::path& path, const std::string& header) {
        file out(path, "wb");
        out.write(detail::sealed(header));
        out.flush();
        return {std::move(out), header};
    }

    static bool is_torn_header(const std::filesystem::path& path, const std::string& header) {
        std::string line;
        return !file(path, "rb").read_line(line) && detail::sealed(header).starts_with(line);
    }

    file file_;
    std::uint64_t seed_;
};

}  // namespace geolip::sweep
