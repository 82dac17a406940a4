// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What `probe` measures beside the tensors themselves: heads, filters, embeddings as a whole, tokens.

#include <cstdint>
#include <string>
#include <utility>

#include "support/probe_embeddings.hpp"
#include "support/probe_filters.hpp"
#include "support/probe_heads.hpp"
#include "support/probe_tokens.hpp"

namespace examples::probe {

struct further_figures {
    head_figures heads;
    filter_figures filters;
    embedding_figures embeddings;
    token_figures tokens;
};

/// All that is asked for, tasks in parallel; the result does not depend on the number of threads.
template <class Progress>
further_figures measure_further(const cp::model_files& files, const cp::catalogue& c, const measurements& m,
                                token_choice tokens, std::uint64_t seed, unsigned threads, Progress&& progress) {
    further_figures out;
    out.tokens.choice = std::move(tokens);
    geolip::task_list tasks;
    if (m.only.has(part::embeddings)) {
        add_tasks(out.embeddings, tasks, files, c, m, seed);
        add_tasks(out.tokens, tasks, files, c, m, seed);
    }
    add_tasks(out.heads, tasks, files, c, m, seed);  // those of m.balances, if any
    if (m.only.has(part::filters)) add_tasks(out.filters, tasks, files, c);
    tasks.run(threads, progress);
    add_trends(out.heads, c, m);
    return out;
}

/// Into the document of `report_json`.
inline void add_to(json& out, const further_figures& f, const cp::catalogue& c, const measurements& m) {
    if (m.only.has(part::balance)) add_to(out, f.heads, c, m);
    if (m.only.has(part::positions)) add_position_heads(out, m);
    if (m.only.has(part::filters)) add_to(out, f.filters, c);
    if (!m.only.has(part::embeddings)) return;
    add_to(out, f.embeddings, c, m);
    add_to(out, f.tokens, c, m);
}

inline std::string text_of(const further_figures& f, const cp::catalogue& c, const measurements& m) {
    return text_of(f.heads, c) + text_of(f.filters, c, m) + text_of(f.embeddings, c, m) + text_of(f.tokens, c, m);
}

}  // namespace examples::probe
