// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which parts of a probe are wanted.

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"

namespace examples::probe {

/// What `probe` measures. Spectra bring sparsity along, which costs next to nothing where a tensor is read anyway.
enum class part { sparsity, spectra, balance, neurons, layers, positions, norms, filters, embeddings };
inline constexpr std::array<std::string_view, 9> part_names = {"sparsity",  "spectra", "balance", "neurons",   "layers",
                                                               "positions", "norms",   "filters", "embeddings"};

/// Some of them; all unless told.
class part_set {
public:
    part_set() { wanted_.fill(true); }
    /// Names with commas between them.
    /// \throws usage_error for a name that is none, or that stands twice
    explicit part_set(std::string_view list) {
        wanted_.fill(false);
        for (bool more = true; more;) {
            const std::size_t end = list.find(',');
            const std::string_view name = list.substr(0, end);
            more = end != list.npos;
            if (more) list.remove_prefix(end + 1);
            std::size_t i = 0;
            while (i < part_names.size() && part_names[i] != name) ++i;
            if (i == part_names.size() || wanted_[i]) {
                std::string text = "--only: ";
                text += geolip::in_quotes(name);
                text += i == part_names.size() ? "" : " twice";
                text += "; expected some of";
                for (const std::string_view one : part_names) text.append(" ").append(one);
                text += ", with commas between them";
                throw geolip::usage_error(text);
            }
            wanted_[i] = true;
        }
    }

    bool has(part p) const { return wanted_[static_cast<std::size_t>(p)]; }
    bool any(std::initializer_list<part> parts) const {
        for (const part p : parts)
            if (has(p)) return true;
        return false;
    }
    bool all() const { return names().size() == part_names.size(); }
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < part_names.size(); ++i)
            if (wanted_[i]) names.emplace_back(part_names[i]);
        return names;
    }

private:
    std::array<bool, part_names.size()> wanted_;
};

}  // namespace examples::probe
