// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One run of the autoencoder, a batch at a time.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "geolip/backend/cpu.hpp"
#include "geolip/checkpoint/training.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/data/noise.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/nn/clip.hpp"
#include "geolip/nn/cv_penalty.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/mean_squared_error.hpp"
#include "geolip/nn/parameter_groups.hpp"
#include "geolip/nn/training.hpp"
#include "support/svae_json.hpp"
#include "support/svae_optimiser.hpp"
#include "support/svae_soft_hand.hpp"
#include "support/svae_training.hpp"

namespace examples {

/// The images of a run: image i of batch b is image b * batch + i of the seed.
inline geolip::data::noise svae_images(const svae_settings& s, std::string_view subset) {
    using geolip::data::noise_colour;
    return geolip::data::noise({.side = s.side,
                                .seed = s.seed,
                                .types = geolip::data::noise_subset(subset),
                                .colour = s.power_law ? noise_colour::power_law : noise_colour::documented,
                                .level = s.isa});
}
inline geolip::data::noise svae_images(const svae_settings& s) { return svae_images(s, s.noise); }

/// The latent rows of the first image's first patch of a batch: their CV, and the gradient of a penalty on it.
template <class Model>
class svae_latent_reader {
    // The encoder's parameters are the model's first.
    using encoder_type = typename Model::template module_type<0>;
    using penalty_type = geolip::nn::cv_penalty<4, float, geolip::documented_sweep>;

public:
    svae_latent_reader(const svae_settings& s, const Model& model)
        : encoder_(model.template get<0>()),
          images_({s.row_rule == svae_rows::scale_only ? s.batch : 1, geolip::data::noise::channels, s.side, s.side}),
          latent_shape_(geolip::nn::output_shape(encoder_, images_)),
          rows_(s.rows),
          isa_(s.isa),
          memory_(encoder_, images_),
          latent_(latent_shape_.size()),
          penalty_{
              .target = s.target,
              .weight = s.cv_weight,
              .metric = {
                  .samples = s.samples, .seed = s.seed, .null_replicates = 0, .backend = geolip::cpu{.isa = s.isa}}} {
        if (s.soft_hand == svae_soft_hand::hard_penalty)
            gradient_ = geolip::nn::aligned_memory<float>(latent_shape_.size());
    }

    /// The CV, by samples that `batch` addresses.
    std::optional<double> cv(std::span<const float> w, geolip::nn::tensor_view<const float> x, std::uint64_t batch) {
        encode(w, x);
        penalty_.metric.stream = batch;
        return penalty_.metric.value(rows(latent_), penalty_memory_.metric);
    }

    /// Adds the gradient of the penalty to `dw` and returns its value.
    double penalise(std::span<const float> w, geolip::nn::tensor_view<const float> x, std::uint64_t batch,
                    std::span<float> dw) {
        encode(w, x);
        penalty_.metric.stream = batch;
        // All rows but those of the patch have gradient 0.
        std::fill(gradient_.all().begin(), gradient_.all().end(), 0.0f);
        const auto value = penalty_(rows(latent_), rows(gradient_), penalty_memory_);
        encoder_.backward(w.first(geolip::nn::parameter_count(encoder_)), x.slice(0, images_.front()), latent(),
                          {gradient_.all().data(), latent_shape_}, {}, dw.first(geolip::nn::parameter_count(encoder_)),
                          memory_.view(isa_));
        return value.loss;
    }

private:
    void encode(std::span<const float> w, geolip::nn::tensor_view<const float> x) {
        encoder_.forward(w.first(geolip::nn::parameter_count(encoder_)), x.slice(0, images_.front()),
                         {latent_.all().data(), latent_shape_}, memory_.view(isa_));
    }
    geolip::nn::tensor_view<const float> latent() const { return {latent_.all().data(), latent_shape_}; }
    // The first patch's matrix.
    auto rows(auto& of) const {
        auto* first = of.all().data();
        return geolip::matrix_view(first, rows_, latent_shape_.back() / rows_);
    }

    encoder_type encoder_;
    geolip::nn::shape images_, latent_shape_;
    std::size_t rows_;
    geolip::isa isa_;
    geolip::nn::workspace_memory<encoder_type> memory_;
    geolip::nn::aligned_memory<float> latent_, gradient_;
    penalty_type penalty_;
    typename penalty_type::workspace penalty_memory_;
};

/// One run, a batch at a time.
template <class Model>
class svae_training {
public:
    svae_training(const svae_settings& s, const Model& model, unsigned threads)
        : settings_(s),
          model_(model),
          images_(svae_images(s)),
          x_shape_({s.batch, geolip::data::noise::channels, s.side, s.side}),
          x_(x_shape_.size()),
          batch_(model, x_shape_,
                 {.shards = cut_of(s).shards, .pieces = cut_of(s).pieces, .threads = threads, .isa = s.isa}),
          w_(geolip::nn::initial_parameters(model, s.seed)),
          g_(w_.size()),
          optimiser_(w_.size(), s),
          rate_(s),
          cross_attention_(geolip::nn::parameter_ranges(geolip::nn::parameters_of(model),
                                                        geolip::nn::named_like("cross_attention."))),
          reader_(s, model) {}

    std::uint64_t batch() const { return optimiser_.steps(); }
    bool finished() const { return batch() >= settings_.batches; }
    std::span<const float> parameters() const { return w_; }

    /// \throws geolip::nn::nonfinite_loss naming the batch, if the loss, the gradient or what becomes of the parameters
    ///     is not finite
    void train_batch() {
        const std::uint64_t b = batch();
        draw(b);
        const bool reads = b % settings_.read_every == 0;
        if (reads) last_cv_ = reader_.cv(w_, x(), b);
        const svae_loss_terms terms = soft_hand_terms(settings_, last_cv_);
        geolip::nn::train_step(
            optimiser_, std::span(w_), std::span(g_),
            [&](std::span<const float> w, std::span<float> g) {
                const double error = gradient(w, g, terms.factor);
                if (std::isfinite(error)) note(b, reads, error / terms.factor);
                double loss = error + terms.constant;
                if (settings_.soft_hand == svae_soft_hand::hard_penalty) loss += reader_.penalise(w, x(), b, g);
                geolip::nn::clip_gradient_norm(g, cross_attention_, settings_.clip, settings_.isa);
                return loss;
            },
            rate_, std::numeric_limits<double>::infinity(), settings_.isa);
        // A step can overflow from a finite gradient: such parameters are neither kept nor measured.
        geolip::nn::require_finite(geolip::nn::gradient_norm(std::span<const float>(w_), settings_.isa), batch(),
                                   "parameters' norm");
    }

    /// After the last batch: the last reading, and the error on the batch that would be next.
    /// \throws geolip::nn::nonfinite_loss if that error is not finite
    void conclude() {
        const std::uint64_t b = batch();
        draw(b);
        last_cv_ = reader_.cv(w_, x(), b);
        const double error = gradient(w_, g_, 1);
        geolip::nn::require_finite(error, b);
        note_reading(b, error);
        result.cv_final = last_cv_;
        result.mse = error;
    }

    /// Keeps where the run stands, or its result, in `path`.
    void save(const std::filesystem::path& path, bool concluded) const {
        // As text: the order of its parts is to survive.
        const nlohmann::json program = {{"settings", to_json(settings_)},
                                        {"provenance", svae_provenance(settings_)},
                                        {"result", to_json(result, true).dump()},
                                        {"concluded", concluded}};
        geolip::checkpoint::save_training(path, name(), model_, std::span<const float>(w_), optimiser_,
                                          {batch(), {{settings_.seed, 0}, batch() * settings_.batch}, program});
    }
    /// Goes on from `path`; true if it is a concluded run.
    /// \throws file_error if it is not of this run
    bool load(const std::filesystem::path& path) {
        const auto at = geolip::checkpoint::load_training(path, name(), model_, std::span(w_), optimiser_);
        for (const auto& [part, expected] : {std::pair("settings", nlohmann::json(to_json(settings_))),
                                             std::pair("provenance", nlohmann::json(svae_provenance(settings_)))})
            for (const auto& [fact, value] : expected.items()) {
                const auto found = at.program.value(part, nlohmann::json::object()).value(fact, nlohmann::json());
                if (found == value) continue;
                throw geolip::file_error("'" + path.string() + "': a run with " + fact + " " + found.dump() +
                                         "; expected " + value.dump() +
                                         ", as in this command; give its options, or another place");
            }
        result = svae_result_from_json(json::parse(at.program.at("result").template get<std::string>()));
        if (!result.readings.empty()) last_cv_ = result.readings.back().cv;
        return at.program.at("concluded").template get<bool>();
    }

    svae_result result;

private:
    /// What the shapes of the parameters do not show is in the settings, which `load` compares.
    std::string name() const {
        const svae_settings& s = settings_;
        return "svae V" + std::to_string(s.rows) + " D" + std::to_string(s.dim) + " patch " + std::to_string(s.patch) +
               ", seed " + std::to_string(s.seed);
    }
    void draw(std::uint64_t b) { images_.fill(x_.all(), b * settings_.batch); }
    geolip::nn::tensor_view<const float> x() const { return {x_.all().data(), x_shape_}; }

    double gradient(std::span<const float> w, std::span<float> g, double factor) {
        return batch_.gradient(w, x(), g, [&](std::size_t begin, auto y, auto dy) {
            const auto target = x().slice(begin, y.extents().front());
            return loss_(y, target, dy, factor / static_cast<double>(x_shape_.size()), settings_.isa);
        });
    }

    void note(std::uint64_t b, bool reads, double mse) {
        if (b == 0) result.mse_first = mse;
        result.mse = mse;
        result.batch_mse.push_back(mse);
        if (reads) note_reading(b, mse);
    }
    void note_reading(std::uint64_t b, double mse) {
        if (b == 0) result.cv_untrained = last_cv_;
        result.cv_ema = running_mean(result.cv_ema, last_cv_, settings_.ema);
        result.readings.push_back({b, last_cv_, result.cv_ema, mse});
    }

    svae_settings settings_;
    Model model_;
    geolip::data::noise images_;
    geolip::nn::shape x_shape_;
    geolip::nn::aligned_memory<float> x_;
    geolip::nn::data_parallel<Model> batch_;
    std::vector<float> w_, g_;
    any_optimiser optimiser_;
    any_schedule rate_;
    std::vector<geolip::nn::parameter_range> cross_attention_;
    svae_latent_reader<Model> reader_;
    geolip::nn::mean_squared_error<float> loss_;
    std::optional<double> last_cv_;
};

}  // namespace examples
