// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `match_known_models`: which known model a checkpoint is, by what its tensors are and their shapes. Component `json`.

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/known_models.hpp"

namespace geolip::checkpoint {

/// A known model and its catalogue, whose entries are those of the checkpoint that `write_known_model` writes.
struct known_catalogue {
    known_model model;
    checkpoint::catalogue catalogue;
};

/// \throws usage_error for a name that is not known
inline known_catalogue make_known_catalogue(std::string_view name, model_scale scale = model_scale::full) {
    known_catalogue k{make_known_model(name, scale), {}};
    const nlohmann::json config =
        k.model.documents.empty() ? nlohmann::json() : nlohmann::json(k.model.documents[0].second);
    k.catalogue = make_catalogue(tensor_table(k.model, dtype::f32), &config);
    return k;
}

namespace detail {

/// What a measured matrix does, where, and its extents; the name is left out.
using matrix_place = std::tuple<tensor_role, tensor_side, attention_kind, path_part, std::optional<std::size_t>,
                                std::size_t, std::size_t>;

/// Of the sides in `of`, so that a tower that the known model leaves out does not count.
inline std::set<matrix_place> matrix_places(const catalogue& c, const std::set<tensor_side>& of) {
    std::set<matrix_place> places;
    for (const catalogue_entry& e : c.entries) {
        // Tied copies of the embedding are sometimes stored, heads are sometimes left out.
        const bool body = e.measured() && e.role != tensor_role::head && e.role != tensor_role::projection &&
                          e.role != tensor_role::other && e.stored_rows > 0;
        const bool tied = e.role == tensor_role::embedding && e.side != tensor_side::text;
        const tensor_side side = tied ? tensor_side::none : e.side;
        if (body && of.contains(side)) places.emplace(e.role, side, e.attention, e.path, e.layer, e.rows(), e.cols());
    }
    return places;
}
inline std::set<tensor_side> matrix_sides(const catalogue& c) {
    std::set<tensor_side> sides{tensor_side::none};
    for (const catalogue_entry& e : c.entries)
        if (e.measured()) sides.insert(e.side);
    return sides;
}

/// Whether the config.json of a checkpoint contradicts that of `m` in the one number that tells models of equal shapes
/// apart, the scale of an autoencoder's latents.
inline bool config_differs(const known_model& m, const nlohmann::json& config) {
    constexpr const char* key = "scaling_factor";
    if (m.documents.empty() || !m.documents[0].second.contains(key)) return false;
    if (!config.is_object() || !config.contains(key) || !config[key].is_number()) return false;
    return config[key].get<double>() != m.documents[0].second[key].get<double>();
}

}  // namespace detail

/// A known model that a checkpoint may be.
struct known_model_match {
    std::string name;
    model_scale scale = model_scale::full;
};

/// The known models whose measured matrices are those of `c`: the same roles, sides, layers and extents, none missing
/// and none more. Names do not count, so that other spellings and prefixes are the same model; nor do output heads,
/// projections and towers that the known model is made without, up to three times its size. Models of the same shapes
/// (the autoencoders of Stable Diffusion 1.5 and XL) are all given, unless `config`, the content of config.json, tells
/// them apart.
inline std::vector<known_model_match> match_known_models(const catalogue& c, const nlohmann::json* config = nullptr) {
    std::vector<known_model_match> found;
    for (const model_scale scale : {model_scale::full, model_scale::tiny})
        for (const std::string_view name : known_model_names()) {
            // Far from its size it is another one, which spares the catalogue.
            const known_model model = make_known_model(name, scale);
            if (model.parameters() / 2 > c.parameters || c.parameters / 4 > model.parameters()) continue;
            const known_catalogue known = make_known_catalogue(name, scale);
            const auto sides = detail::matrix_sides(known.catalogue);
            const auto places = detail::matrix_places(known.catalogue, sides);
            if (places.empty() || places != detail::matrix_places(c, sides)) continue;
            if (config != nullptr && detail::config_differs(model, *config)) continue;
            found.push_back({std::string(name), scale});
        }
    return found;
}

}  // namespace geolip::checkpoint
