// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The sphere-normed patch autoencoder: trains one configuration and reads the CV of its latent rows on the way, beside
/// the documented figures, the untrained control and the law.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/core/file.hpp"
#include "geolip/data/noise_types.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/plan.hpp"
#include "support/folder_lock.hpp"
#include "support/numbers.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/svae_picture.hpp"
#include "support/svae_report.hpp"
#include "support/svae_training.hpp"

namespace {

using namespace examples;

// Far beyond anything of interest, and what is computed from them fits everywhere.
constexpr std::size_t most_size = 4096, most_batch = 65536, most_layers = 64;
constexpr std::uint64_t most_batches = 100'000'000;

struct command {
    svae_settings settings;
    /// What options say besides --band, in their order; --band comes first wherever it stands.
    std::vector<std::function<void(svae_settings&)>> changes;
    std::optional<svae_band> band;
    std::optional<svae_optimiser> optimiser;
    bool chooses_dim = false, chooses_target = false;
    svae_options options;
    std::string folder, report, csv, events, trajectory, pictures;
    bool as_json = false, every_batch = false;
};

svae_band parse_band(const std::string& text) {
    for (const svae_band band : {svae_band::low, svae_band::mid, svae_band::high})
        if (text == name_of(band)) return band;
    throw geolip::usage_error("--band '" + text + "': unknown; expected LOW, MID or HIGH");
}

// Options of `settings`: each is read and checked where it stands, and applied later.
class settings_options {
public:
    settings_options(CLI::App& app, command& c) : app_(app), c_(c) {}

    template <class Read>
    void add(const char* name, const char* type, const std::string& standard, const char* help, Read read) {
        add_text(app_, name, type, standard, help,
                 [&c = c_, read](const std::string& text) { c.changes.push_back(read(text)); });
    }

    template <class Integer>
    void whole(const char* name, Integer svae_settings::* field, Integer low, Integer high, const char* help) {
        add(name, "N", std::to_string(c_.settings.*field), help, [=](const std::string& text) {
            const Integer value = whole_number<Integer>(text, name, low, high);
            return [=](svae_settings& s) { s.*field = value; };
        });
    }

    void real(const char* name, double svae_settings::* field, double low, double high, const char* help) {
        add(name, "X", geolip::sweep::shortest(c_.settings.*field), help, [=](const std::string& text) {
            const double value = real_number(text, name, low, high);
            return [=](svae_settings& s) { s.*field = value; };
        });
    }

    template <class Choice>
    void choice(const char* name, Choice svae_settings::* field, const char* help) {
        std::string names;
        for (const std::string_view one : geolip::sweep::choices<Choice>)
            names.append(names.empty() ? "" : "|").append(one);
        add(name, names.c_str(), std::string(geolip::sweep::to_string(c_.settings.*field)), help,
            [=](const std::string& text) {
                const Choice value = geolip::sweep::parse_choice<Choice>(text, name);
                return [=](svae_settings& s) { s.*field = value; };
            });
    }

private:
    CLI::App& app_;
    command& c_;
};

void declare(CLI::App& app, command& c) {
    using s = svae_settings;
    add_text(app, "--band", "LOW|MID|HIGH", "LOW", "A documented configuration, from which other options depart",
             [&](const std::string& text) { c.band = parse_band(text); });
    static constexpr std::size_t one = 1, none = 0;
    settings_options of(app, c);
    of.whole("--side", &s::side, std::size_t{2}, most_size, "Side of the images");
    of.whole("--patch", &s::patch, one, most_size, "Side of a patch, which divides the images'");
    of.whole("--rows", &s::rows, none, most_size, "V: rows of a patch's matrix, at least 5");
    of.add("--dim", "N", std::to_string(c.settings.dim), "D: their length; sets the target too",
           [&](const std::string& text) {
               const std::size_t value = whole_number(text, "--dim", one, most_size);
               c.chooses_dim = true;
               return [=](svae_settings& to) { to.dim = value; };
           });
    of.whole("--hidden", &s::hidden, one, most_size, "Hidden features");
    of.whole("--depth", &s::depth, none, most_layers, "Residual blocks of the encoder, and of the decoder");
    of.whole("--attention-layers", &s::attention_layers, none, most_layers, "Layers of the cross-attention");
    of.choice("--alpha", &s::alpha, "What bounds their effect on the singular values");
    of.choice("--activation", &s::activation, "Activation");
    of.choice("--row-rule", &s::row_rule, "What is done to the latent rows");
    of.choice("--init", &s::initialiser, "Law of the encoder's last weight");
    of.add("--noise", "NAME", c.settings.noise, "Subset of the noise types, or one of them",
           [](const std::string& text) {
               (void)geolip::data::noise_subset(text);  // refuses what there is not
               return [=](svae_settings& to) { to.noise = text; };
           });
    of.add("--colour", "documented|power_law", "documented", "Pink and brown noise with or without their mean",
           [](const std::string& text) {
               if (text != "documented" && text != "power_law")
                   throw geolip::usage_error("--colour '" + text + "': unknown; expected documented or power_law");
               return [=](svae_settings& to) { to.power_law = text == "power_law"; };
           });
    add_text(app, "--optimiser", "adam|adamw|sgd", "adam", "Optimiser; sets rate, momentum and decay too",
             [&](const std::string& text) {
                 c.optimiser = geolip::sweep::parse_choice<svae_optimiser>(text, "--optimiser");
             });
    of.choice("--schedule", &s::schedule, "What the rate does during the run");
    of.real("--rate", &s::rate, 0, 1e6, "Learning rate (of SGD 0.01)");
    of.real("--momentum", &s::momentum, 0, 0.9999, "Of SGD");
    of.real("--weight-decay", &s::weight_decay, 0, 1e6, "Weight decay (of AdamW 0.01)");
    of.whole("--batch", &s::batch, one, most_batch, "Images of a batch");
    of.whole("--shards", &s::shards, one, std::size_t{1024},
             "Parts of a batch for as many threads; the rounding depends on it");
    of.whole("--batches", &s::batches, std::uint64_t{1}, most_batches, "Batches of the run");
    of.whole("--seed", &s::seed, std::uint64_t{0}, ~std::uint64_t{0}, "Of the images, the parameters and the samples");
    of.choice("--soft-hand", &s::soft_hand, "What CV does to the loss");
    of.add("--target", "X", geolip::sweep::shortest(c.settings.target), "CV that it wants",
           [&](const std::string& text) {
               const double value = real_number(text, "--target", 0, 1000);
               c.chooses_target = true;
               return [=](svae_settings& to) { to.target = value; };
           });
    of.real("--boost", &s::boost, 0, 1e6, "Of the error, near the target");
    of.real("--cv-weight", &s::cv_weight, 0, 1e6, "Of (CV - target)^2, far from it");
    of.real("--sigma", &s::sigma, 1e-6, 1e6, "What is near");
    of.real("--clip", &s::clip, 0, 1e12, "Most norm of the cross-attention's gradient");
    of.whole("--read-every", &s::read_every, one, std::size_t{most_batches}, "Batches between two readings of CV");
    of.whole("--samples", &s::samples, std::size_t{10}, std::size_t{1'000'000}, "Simplices of a reading");
    of.real("--ema", &s::ema, 0, 1, "Weight of a reading in the running mean");
    of.choice("--isa", &s::isa, "Instruction-set level, for the same bits elsewhere");

    add_text(app, "--threads", "N", "1", "Threads; the results do not depend on it",
             [&](const std::string& text) { c.options.threads = whole_number(text, "--threads", 1u, 1024u); });
    add_text(app, "--save-every", "N", "100", "Batches between two checkpoints", [&](const std::string& text) {
        c.options.save_every = whole_number(text, "--save-every", std::uint64_t{1}, most_batches);
    });
    const auto name = [&](const char* option, const char* type, const char* help, std::string& to) {
        add_text(app, option, type, "", help, [&to, option](const std::string& text) {
            if (text.empty()) throw geolip::usage_error(std::string(option) + " '': no name; expected one");
            to = text;
        });
    };
    name("--checkpoint", "DIR", "Keep what is done in DIR; the same command then goes on from there", c.folder);
    name("--report", "FILE", "Also write the JSON document, final_report.json, to FILE", c.report);
    name("--csv", "FILE", "Also write batch, MSE, CV and running mean of every reading to FILE", c.csv);
    app.add_flag("--every-batch", c.every_batch, "In the CSV, one line for every batch");
    name("--events", "FILE", "Also write the scalars for TensorBoard; its name is to contain 'tfevents'", c.events);
    name("--svg", "FILE", "Also draw the trajectory of CV into FILE", c.trajectory);
    name("--pictures", "FILE", "Also draw inputs against reconstructions, an SVG, into FILE", c.pictures);
    app.add_flag("--json", c.as_json, "Print the JSON document instead of the tables");
}

svae_settings settings_of(const command& c) {
    svae_settings s = c.band ? examples::settings_of(*c.band) : c.settings;
    if (c.optimiser) s = with_optimiser(s, *c.optimiser);
    for (const auto& change : c.changes) change(s);
    if (c.chooses_dim && !c.chooses_target)
        if (const auto law = geolip::coefficient_of_variation(geolip::sphere_law(), 4, static_cast<double>(s.dim)))
            s.target = *law;
    if (s.momentum > 0 && s.optimiser != svae_optimiser::sgd)
        throw geolip::usage_error("--momentum " + geolip::sweep::shortest(s.momentum) + " with " +
                                  std::string(geolip::sweep::to_string(s.optimiser)) +
                                  ", which has none; expected --optimiser sgd");
    return s;
}

int svae_main(command& c) {
    const svae_settings s = settings_of(c);
    if (c.every_batch && c.csv.empty()) throw geolip::usage_error("--every-batch without --csv; expected --csv FILE");
    if (!c.events.empty() && std::filesystem::path(c.events).filename().string().find("tfevents") == std::string::npos)
        throw geolip::usage_error("--events '" + c.events +
                                  "': TensorBoard would not find it; expected a name with 'tfevents' in it");
    svae_report report;
    report.settings = s;
    const std::vector<float> untrained = initial_svae_parameters(s);  // refuses what does not fit together
    report.parameters = untrained.size();
    const auto lock = c.folder.empty() ? nullptr : occupied(c.folder, "svae");
    if (lock) c.options.checkpoint = std::filesystem::path(c.folder) / "svae.safetensors";
    // Opened now, so that a name that cannot be written is known before hours of work.
    struct output {
        const std::string& name;
        std::function<std::string()> content;
        std::unique_ptr<geolip::output_file> file = {};
    };
    output outputs[] = {{c.report, [&] { return svae_document(report).dump(1) + "\n"; }},
                        {c.csv, [&] { return svae_csv(report.result, c.every_batch); }},
                        {c.events, [&] { return svae_events(report.result); }},
                        {c.trajectory, [&] { return svae_trajectory(report); }},
                        {c.pictures, [&] { return svae_pictures(report); }}};
    for (output& o : outputs)
        if (!o.name.empty()) o.file = std::make_unique<geolip::output_file>(o.name);

    stop_gently();
    std::vector<float> trained;
    std::optional<svae_result> result;
    std::uint64_t done = 0;
    {
        progress bar(" batches");
        c.options.progress = [&](std::uint64_t batch, std::uint64_t all) {
            done = batch;
            bar(static_cast<std::size_t>(batch), static_cast<std::size_t>(all));
        };
        c.options.stop = [] { return stop_signal != 0; };
        c.options.finished = [&](std::span<const float> w) { trained.assign(w.begin(), w.end()); };
        result = train_svae(s, c.options);
    }
    if (!result) {
        std::fprintf(
            stderr, "svae: stopped after %llu of %llu batches; %s\n", static_cast<unsigned long long>(done),
            static_cast<unsigned long long>(s.batches),
            lock ? "go on with the same command" : "nothing is kept; give --checkpoint DIR to be able to go on");
        return 128 + stop_signal;
    }
    report.result = std::move(*result);
    report.law = law_of(s);
    report.null = simulate(s);
    report.images = images_to_evaluate(s);
    report.untrained = evaluate_svae(s, untrained);
    if (!trained.empty()) report.trained = evaluate_svae(s, trained);
    for (output& o : outputs) {
        if (!o.file) continue;
        o.file->write(o.content());
        o.file->commit();
    }
    print(c.as_json ? svae_document(report).dump(1) + "\n" : svae_text(report));
    if (report.result.status == svae_status::done) return 0;
    throw geolip::error("the run diverged: " + report.result.reason +
                        "; expected finite numbers: give a lower learning rate with --rate");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "The sphere-normed patch autoencoder: the CV of its latent rows during training, beside the documented "
        "figures, the untrained control and the law.",
        "svae");
    command c;
    declare(app, c);
    return run(app, argc, argv, [&] { return svae_main(c); });
}
