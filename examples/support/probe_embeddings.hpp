// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Part of `probe`: distances and volumes among the rows of embeddings, and embeddings beside output heads.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geolip/metrics/cosine_law.hpp"
#include "geolip/metrics/matched_volumes.hpp"
#include "geolip/metrics/pairwise.hpp"
#include "geolip/metrics/row_agreement.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "support/probe_json.hpp"
#include "support/probe_text.hpp"

namespace examples::probe {

/// The cosines that the documents look for, within 0.01.
inline constexpr std::array<double, 10> cosine_constants = {0, 0.1, 0.19471, 0.2, 0.29154, 0.29514, 0.3, 0.5, 0.7, 0.9};

/// Beside an embedding_line.
struct volume_line {
    geolip::pairwise_reading distances;
    geolip::volume_cv_estimate documented;  ///< by the documents' estimator
    geolip::row_spread spread;
    geolip::matched_volume_reading by_column, by_covariance, with_norms;
};
/// An output head and an embedding of its shape.
struct agreement_line {
    std::size_t embedding = 0, head = 0;  ///< entries
    geolip::agreement_reading reading;
};
struct embedding_figures {
    std::vector<volume_line> volumes;  ///< as m.embeddings
    std::vector<agreement_line> agreements;
    std::string reason;  ///< why there are no agreements
};

inline void add_tasks(embedding_figures& out, geolip::task_list& tasks, const cp::model_files& files,
                      const cp::catalogue& c, const measurements& m, std::uint64_t seed) {
    out.volumes.resize(m.embeddings.size());
    for (std::size_t i = 0; i < m.embeddings.size(); ++i)
        tasks.add(bytes_of(c.entries[m.embeddings[i].entry]),
                  [&files, &c, &line = out.volumes[i], &known = m.embeddings[i], seed] {
                      const cp::weight_tensor w(files, c.entries[known.entry]);
                      line.distances = geolip::pairwise_distances<float>(w.view(), {.rows = 2000, .seed = seed});
                      line.documented = geolip::volume_cv<4, float, geolip::cpu, geolip::documented_terrain>{
                          .samples = 1000, .seed = seed, .null_replicates = 0}(w.view());
                      line.spread = geolip::spread_of_rows<float>(w.view());
                      if (line.spread.reason != geolip::undefined_reason::none || known.variances.empty()) return;
                      std::vector<double> scales = known.variances;
                      for (double& x : scales) x = std::sqrt(x);
                      line.by_column = geolip::matched_volumes<4>(line.spread.by_column, 1000, {}, 8, seed);
                      line.by_covariance = geolip::matched_volumes<4>(scales, 1000, {}, 8, seed);
                      line.with_norms = geolip::matched_volumes<4>(scales, 1000, line.spread.norms, 8, seed);
                      line.spread.norms = {};
                  });
    bool heads = false;
    for (std::size_t h = 0; h < c.entries.size(); ++h) {
        const cp::catalogue_entry& head = c.entries[h];
        if (head.role != cp::tensor_role::head || !head.measured()) continue;
        heads = true;
        for (const embedding_line& e : m.embeddings) {
            const cp::catalogue_entry& embedding = c.entries[e.entry];
            if (embedding.outputs.count() == head.outputs.count() && embedding.inputs() == head.inputs())
                out.agreements.push_back({.embedding = e.entry, .head = h, .reading = {}});
        }
    }
    if (out.agreements.empty())
        out.reason = heads ? "no output head has the shape of an embedding"
                           : "no output head in the file: it is the embedding itself, or the model has none";
    for (agreement_line& line : out.agreements)
        tasks.add(bytes_of(c.entries[line.embedding]) + bytes_of(c.entries[line.head]), [&files, &c, &line, seed] {
            const cp::weight_tensor e(files, c.entries[line.embedding]), h(files, c.entries[line.head]);
            line.reading = geolip::row_agreement<float>(e.view(), h.view(), 16, seed);
        });
}

/// Mean volume over that of matched Gaussian rows.
inline geolip::estimate matched_ratio(const geolip::volume_cv_estimate& cv, const geolip::null_reading& matched) {
    geolip::estimate e;
    e.reason = cv.reason;
    if (!cv.value || !matched || !(*matched.value > 0)) return e;
    const double scale = std::scalbn(1.0, cv.volume_exponent) / *matched.value;
    e.value = cv.mean_volume * scale;
    e.standard_error = cv.volume_sd * scale / std::sqrt(static_cast<double>(cv.counts.valid));
    e.null = {1.0, matched.sd / *matched.value, matched.replicates};
    return e;
}
/// Over that of rows with independent elements of one size: the documented ratio.
inline geolip::estimate plain_ratio(const geolip::volume_cv_estimate& cv, const volume_line& l, std::size_t dim) {
    geolip::estimate e;
    e.reason = cv.reason;
    if (!cv.value) return e;
    const double unit = std::scalbn(1.0, cv.volume_exponent);
    return geolip::volume_ratio(4, cv.mean_volume * unit, cv.volume_sd * unit, cv.counts.valid, l.spread.overall, dim);
}

inline void add_to(json& out, const embedding_figures& f, const cp::catalogue& c, const measurements& m) {
    for (std::size_t i = 0; i < f.volumes.size(); ++i) {
        const volume_line& l = f.volumes[i];
        const embedding_line& e = m.embeddings[i];
        const std::size_t dim = c.entries[e.entry].inputs();
        json& line = out["embeddings"][i];
        line["cosines"]["near"] = json::array();
        for (const double x : cosine_constants)
            line["cosines"]["near"].push_back(
                {{"constant", x},
                 {"within", 0.01},
                 {"share", e.cosines.values ? number(e.cosines.values->share_between(x - 0.01, x + 0.01)) : json()},
                 {"null", geolip::isotropic_cosine_share(x - 0.01, x + 0.01, dim)}});
        line["distances"] = json_of(l.distances);
        const auto volumes = [](const geolip::volume_cv_estimate& cv) {
            json v{{"drawn", cv.counts.drawn},
                   {"valid", cv.counts.valid},
                   {"mean", number(std::ldexp(cv.mean_volume, cv.volume_exponent))},
                   {"sd", number(std::ldexp(cv.volume_sd, cv.volume_exponent))},
                   {"cv", number(cv.value)}};
            if (!cv.value) v["reason"] = geolip::describe(cv.reason);
            return v;
        };
        line["pentachora"] = {{"ours", volumes(e.cv)},
                              {"documented", volumes(l.documented)},
                              {"ratio_to_gaussian", json_of(plain_ratio(e.cv, l, dim))},
                              {"documented_ratio_to_gaussian", json_of(plain_ratio(l.documented, l, dim))},
                              {"ratio_by_column", json_of(matched_ratio(e.cv, l.by_column.mean))},
                              {"ratio_by_covariance", json_of(matched_ratio(e.cv, l.by_covariance.mean))},
                              {"ratio_by_covariance_and_norms", json_of(matched_ratio(e.cv, l.with_norms.mean))},
                              {"cv_by_column", json_of(l.by_column.cv)},
                              {"cv_by_covariance", json_of(l.by_covariance.cv)},
                              {"cv_by_covariance_and_norms", json_of(l.with_norms.cv)},
                              {"sd_of_elements", number(l.spread.overall)}};
    }
    out["output_heads"] = json::array();
    for (const agreement_line& l : f.agreements) {
        const geolip::agreement_reading& r = l.reading;
        json line{{"embedding", c.entries[l.embedding].name},
                  {"head", c.entries[l.head].name},
                  {"equal", r.equal},
                  {"rows", r.rows},
                  {"skipped", r.skipped},
                  {"cosine",
                   {{"mean", json_of(r.mean)},
                    {"sd", number(r.sd)},
                    {"smallest", number(r.smallest)},
                    {"largest", number(r.largest)}}},
                  {"norm_of_embedding", number(r.norm_a)},
                  {"norm_of_head", number(r.norm_b)},
                  {"norm_of_difference", number(r.difference)},
                  {"relative_difference", number(r.relative)}};
        out["output_heads"].push_back(line);
    }
    if (!f.reason.empty()) out["output_heads_reason"] = f.reason;
}

inline std::string text_of(const embedding_figures& f, const cp::catalogue& c, const measurements& m) {
    std::string text;
    if (!f.volumes.empty()) {
        table t({"embedding", "distance", "by chance", "volume / Gaussian", "by chance", "by covariance", "with norms",
                 "CV", "by covariance", "with norms"});
        for (std::size_t i = 0; i < f.volumes.size(); ++i) {
            const volume_line& l = f.volumes[i];
            const embedding_line& e = m.embeddings[i];
            const geolip::estimate plain = plain_ratio(e.cv, l, c.entries[e.entry].inputs());
            t.add({geolip::escaped(c.entries[e.entry].name), shown(l.distances.mean.value),
                   shown(l.distances.mean.null.value), shown(plain.value), shown(plain.null),
                   shown(matched_ratio(e.cv, l.by_covariance.mean).value),
                   shown(matched_ratio(e.cv, l.with_norms.mean).value), shown(e.cv.value), shown(l.by_covariance.cv),
                   shown(l.with_norms.cv)});
        }
        text += "\nDistances and pentachora of embeddings\n\n" + t.text();
        text +=
            "Volume / Gaussian: mean volume over that of normal elements of the same size; by covariance, of Gaussian "
            "rows with the embedding's\ncovariance; with norms, with its norms too.\n";
    }
    if (!f.agreements.empty()) {
        table t({"embedding", "output head", "equal", "cosine of rows", "by chance", "|E - H| / |E|"});
        for (const agreement_line& l : f.agreements)
            t.add({geolip::escaped(c.entries[l.embedding].name), geolip::escaped(c.entries[l.head].name),
                   l.reading.equal ? "yes" : "no", shown(l.reading.mean.value), shown(l.reading.mean.null),
                   shown(l.reading.relative)});
        text += "\nEmbedding and output head; by chance: rows of different tokens\n\n" + t.text();
    } else if (!m.embeddings.empty()) {
        text += "\nEmbedding and output head: " + f.reason + ".\n";
    }
    return text;
}

}  // namespace examples::probe
