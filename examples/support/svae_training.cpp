// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/svae_training.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "geolip/data/noise.hpp"
#include "geolip/models/omega_tokens.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/mean_squared_error.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/training.hpp"
#include "support/svae_evaluation.hpp"
#include "support/svae_model.hpp"
#include "support/svae_trainer.hpp"

namespace examples {
namespace {

using geolip::nn::tensor_view;
constexpr std::size_t types = geolip::data::noise_type_count;

// Images svae_first_evaluated + 16 i … are one of each type.
geolip::nn::shape round_of(const svae_settings& s) { return {types, geolip::data::noise::channels, s.side, s.side}; }

// Adds the figures of one round, of which there are `svae_evaluated`.
void add_round(const geolip::models::spectrum_summary& round, svae_spectrum& to) {
    const auto share = [](double figure) { return figure / static_cast<double>(svae_evaluated); };
    to.effective_rank += share(round.effective_rank);
    to.change += share(round.change);
    to.ratio += share(round.ratio);
    to.singular_values.resize(round.singular_values.size());
    for (std::size_t j = 0; j < round.singular_values.size(); ++j)
        to.singular_values[j] += share(round.singular_values[j]);
}

template <class Model>
svae_evaluation evaluate(const svae_settings& s, const Model& model, std::span<const float> w) {
    const geolip::data::noise images = svae_images(s, "all16");
    const geolip::nn::shape x_shape = round_of(s);
    const geolip::nn::shape latent = geolip::models::latent_shape(model, x_shape);
    const std::size_t image = images.image_size();
    geolip::nn::workspace_memory<Model> memory(model, x_shape);
    std::vector<float> x(x_shape.size()), y(x_shape.size());
    const geolip::nn::mean_squared_error<float> loss;

    svae_evaluation e;
    for (std::size_t round = 0; round < svae_evaluated; ++round) {
        images.fill(std::span(x), svae_first_evaluated + round * types);
        const geolip::nn::workspace<float> room = memory.view(s.isa);
        model.forward(w, tensor_view<const float>(x.data(), x_shape), tensor_view<float>(y.data(), x_shape), room);
        for (std::size_t t = 0; t < types; ++t)
            e.mse[t] += loss(tensor_view<const float>(y.data() + t * image, {image}),
                             tensor_view<const float>(x.data() + t * image, {image})) /
                        static_cast<double>(svae_evaluated);
        const auto& readout = model.template get<1>();
        const auto kept = geolip::models::readout_kept(model, x_shape, std::span<const float>(room.kept));
        add_round(geolip::models::summarise_spectrum(readout.singular_values(latent, kept),
                                                     readout.scaled_values(latent, kept)),
                  e.spectrum);
        e.spectrum.close_pairs += readout.close_pairs(latent, kept);
        if (round == 0) e.outputs = y;
    }

    for (const std::vector<float>& alpha : geolip::models::alpha_profile(model, w))
        e.alpha.emplace_back(alpha.begin(), alpha.end());
    return e;
}

}  // namespace

svae_evaluation_images images_to_evaluate(const svae_settings& s) {
    const geolip::data::noise images = svae_images(s, "all16");
    svae_evaluation_images seen;
    std::vector<float> x(round_of(s).size());
    for (std::size_t round = 0; round < svae_evaluated; ++round) {
        images.fill(std::span(x), svae_first_evaluated + round * types);
        for (std::size_t i = 0; i < x.size(); ++i)
            seen.mean_square[i / images.image_size()] +=
                double(x[i]) * double(x[i]) / static_cast<double>(images.image_size() * svae_evaluated);
        if (round == 0) seen.first = x;
    }
    return seen;
}

svae_evaluation evaluate_svae(const svae_settings& s, std::span<const float> parameters) {
    return with_svae_model(s, [&](const auto& model) { return evaluate(s, model, parameters); });
}

std::optional<svae_result> train_svae(const svae_settings& s, const svae_options& o) {
    return with_svae_model(s, [&](const auto& model) -> std::optional<svae_result> {
        svae_training<std::remove_cvref_t<decltype(model)>> training(s, model, o.threads);
        const bool keeps = !o.checkpoint.empty();
        bool concluded = keeps && std::filesystem::exists(o.checkpoint) && training.load(o.checkpoint);
        try {
            while (!concluded && !training.finished()) {
                training.train_batch();
                if (o.progress) o.progress(training.batch(), s.batches);
                if (training.finished()) break;
                const bool go_on = !o.stop || !o.stop();
                if (keeps && (!go_on || training.batch() % o.save_every == 0)) training.save(o.checkpoint, false);
                if (!go_on) return std::nullopt;
            }
            if (!concluded) {
                training.conclude();
                if (keeps) training.save(o.checkpoint, true);
            }
        } catch (const geolip::nn::nonfinite_loss& e) {
            // Without the library's advice. Nothing is saved: the checkpoint before leads here again.
            const std::string what = e.what();
            training.result.status = svae_status::diverged;
            training.result.reason = what.substr(0, what.find(';'));
            return std::move(training.result);
        }
        if (o.finished) o.finished(training.parameters());
        return std::move(training.result);
    });
}

std::vector<float> initial_svae_parameters(const svae_settings& s) {
    return with_svae_model(s, [&](const auto& model) { return geolip::nn::initial_parameters(model, s.seed); });
}

}  // namespace examples
