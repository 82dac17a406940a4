// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/checkpoint/training.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/nn/adam.hpp"
#include "geolip/nn/lbfgs.hpp"
#include "geolip/nn/sgd.hpp"
#include "support/safetensors.hpp"
#include "support/temporary_folder.hpp"
#include "support/training_run.hpp"

using namespace geolip::checkpoint;
using geolip::file_error;
using geolip::nn::adam;
using geolip::nn::adamw;
using geolip::nn::linear;
using geolip::nn::sgd;
using geolip_test::message_of;
using geolip_test::training_run;
using nlohmann::json;

namespace {

constexpr std::size_t count = 8;  // parameters of the run

/// Stopped after 7 of 20 steps and resumed from the file in fresh objects, is the run the same as one that went on?
template <class Optimiser, class... Options>
void check_resumption(const Options&... options) {
    const temporary_folder folder;
    training_run<Optimiser> whole(Optimiser(count, options...));
    whole.steps(20);

    training_run<Optimiser> stopped(Optimiser(count, options...));
    stopped.steps(7);
    stopped.save(folder / "run");
    stopped.steps(1);  // what came after the checkpoint is lost

    training_run<Optimiser> resumed(Optimiser(count, options...));
    for (auto& v : resumed.w) v = -1;
    resumed.load(folder / "run");
    CHECK(resumed.at.step == 7);
    CHECK(resumed.optimiser.steps() == 7);
    CHECK(resumed.bytes() != stopped.bytes());
    resumed.steps(13);
    CHECK(resumed.bytes() == whole.bytes());
    CHECK(resumed.at.random == whole.at.random);
}

/// A run of Adam that has saved itself.
struct saved_run {
    temporary_folder folder;
    training_run<adam<float>> run{adam<float>(count)};
    saved_run() {
        run.steps(3);
        run.at.program = {{"epoch", 2}};
        run.save(folder / "run");
    }
    std::filesystem::path path() const { return folder / "run"; }

    /// What loading it into `other` says; `other` must be as it was.
    template <class Other>
    std::string refusal(Other& other, std::string_view model = "linear 3 x 2") const {
        const auto before = other.bytes();
        const std::string message = message_of(
            [&] { other.at = load_training(path(), model, other.model, std::span(other.w), other.optimiser); });
        CHECK(other.bytes() == before);
        const std::string start = "'" + path().string() + "': ";
        return message.starts_with(start) ? message.substr(start.size()) : message;
    }
    std::string refusal() const {
        training_run<adam<float>> other(adam<float>{count});
        return refusal(other);
    }

    /// Replaces the document by what `change` makes of it, checksum and all.
    template <class Change>
    void change_document(Change&& change) const {
        const safetensors_file file(path());
        std::vector<tensor> tensors;
        for (const tensor_info& t : file.tensors()) tensors.push_back({t.name, t.dtype, t.shape, file.bytes(t)});
        json document = json::parse(file.metadata().find("geolip.training")->second);
        change(document);
        write_safetensors(path(), tensors, {{"geolip.training", document.dump()}});
    }
};

}  // namespace

TEST_CASE("a resumed run goes on to the same bits") {
    check_resumption<sgd<float>>();
    check_resumption<sgd<double>>(geolip::nn::sgd_options{.rate = 0.1, .momentum = 0.9, .nesterov = true});
    check_resumption<adam<float>>();
    check_resumption<adam<double>>(geolip::nn::adam_options{.weight_decay = 0.1, .amsgrad = true});
    check_resumption<adamw<float>>();
}

TEST_CASE("L-BFGS goes on with its history of steps") {
    const temporary_folder folder;
    const linear<double> model(3, 2);
    const auto loss = [](std::span<const double> w, std::span<double> g) {
        double sum = 0;
        for (std::size_t i = 0; i < w.size(); ++i) {  // a bent valley
            const double next = w[(i + 1) % w.size()];
            const double slope = w[i] - 1 + 0.3 * next * next;
            sum += slope * slope;
            g[i] = 0;
        }
        for (std::size_t i = 0; i < w.size(); ++i) {
            const double next = w[(i + 1) % w.size()];
            const double slope = w[i] - 1 + 0.3 * next * next;
            g[i] += 2 * slope;
            g[(i + 1) % w.size()] += 1.2 * slope * next;
        }
        return sum;
    };
    const auto run = [&](geolip::nn::lbfgs<double>& o, std::vector<double>& w, int steps) {
        for (int i = 0; i < steps; ++i) o.step(w, loss);
    };
    const geolip::nn::lbfgs_options options{.rate = 0.5, .max_iterations = 2, .history = 3};
    geolip::nn::lbfgs<double> whole(count, options), stopped(count, options), resumed(count, options);
    std::vector<double> w(count, 2), v(count, 2), u(count);
    run(whole, w, 8);
    run(stopped, v, 3);
    save_training(folder / "run", "valley", model, v, stopped, {.step = 3});
    CHECK(load_training(folder / "run", "valley", model, u, resumed).step == 3);
    CHECK(u == v);
    run(resumed, u, 5);
    CHECK(u == w);
    CHECK(u != v);
    CHECK(resumed.iterations() == whole.iterations());
}

TEST_CASE("everything that was saved comes back, whatever it is") {
    const temporary_folder folder;
    training_run<sgd<double>> run(sgd<double>(count, {.momentum = 0.5}));
    constexpr double special[] = {-0.0, std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max(),
                                  std::numeric_limits<double>::infinity()};
    std::copy(std::begin(special), std::end(special), run.w.begin());
    run.w[4] = std::numeric_limits<double>::quiet_NaN();
    run.at.step = std::numeric_limits<std::uint64_t>::max();
    run.at.random = {{~std::uint64_t{0} - 1, ~std::uint64_t{0} - 2}, ~std::uint64_t{0} - 3};
    run.at.program = {{"rate", 0.1},
                      {"third", 1.0 / 3},
                      {"text", "\u00e9\n\u2028"},
                      {"list", {1, -2, nullptr, true}},
                      {"negative zero", -0.0},
                      {"large", ~std::uint64_t{0}}};
    run.save(folder / "run", true);
    training_run<sgd<double>> back(sgd<double>(count, {.momentum = 0.5}));
    back.load(folder / "run");
    CHECK(back.bytes() == run.bytes());
    CHECK(back.at.step == run.at.step);
    CHECK(back.at.random == run.at.random);
    CHECK(back.at.program == run.at.program);
}

TEST_CASE("the file is one of safetensors, with a tensor for every parameter and every part of the state") {
    const saved_run saved;
    const safetensors_file file(saved.path());
    std::vector<std::string> names;
    for (const tensor_info& t : file.tensors())
        names.push_back(t.name + " " + std::string(name_of(t.dtype)) + " " + to_string(t.shape));
    CHECK(names == std::vector<std::string>{"optimiser.step U64 1", "bias F32 2", "optimiser.exp_avg.bias F32 2",
                                            "optimiser.exp_avg.weight F32 2 x 3", "optimiser.exp_avg_sq.bias F32 2",
                                            "optimiser.exp_avg_sq.weight F32 2 x 3", "weight F32 2 x 3"});
    CHECK(file.read<float>(file.at("weight")) == std::vector<float>(saved.run.w.begin(), saved.run.w.begin() + 6));
    const training_document document = read_training_document(file);
    CHECK(document.model == "linear 3 x 2");
    CHECK(document.position.step == 3);
    CHECK(document.position.random == saved.run.at.random);
    CHECK(document.position.program["epoch"] == 2);
}

TEST_CASE("a checkpoint of another model is refused, and both are named") {
    const saved_run saved;
    training_run<adam<float>> other(adam<float>{count});
    CHECK(
        saved.refusal(other, "linear 3 x 2, 4 heads") ==
        "it is of the model 'linear 3 x 2'; expected 'linear 3 x 2, 4 heads'; nothing was loaded. Name the checkpoint "
        "of this run, or begin anew");
    other.model = linear<float>(2, 2);
    other.w.resize(6);
    other.optimiser = adam<float>(6);
    CHECK(saved.refusal(other).starts_with(
        "it is of something else, with tensor 'weight' (F32, 2 x 3); expected tensor 'weight' (F32, 2 x 2); nothing"));
    other.model = linear<float>(3, 2, false);
    other.optimiser = adam<float>(6);
    CHECK(saved.refusal(other).starts_with(
        "it is of something else, with tensor 'bias' (F32, 2); expected no such tensor; nothing was loaded"));
    other.w.resize(7);
    CHECK_THROWS_WITH_AS(other.load(saved.path()), "a checkpoint of 7 parameters; expected the model's 6",
                         geolip::shape_error);
    CHECK_THROWS_AS(other.save(saved.path()), geolip::shape_error);
}

TEST_CASE("a checkpoint of another scalar or another optimiser is refused") {
    const saved_run saved;
    training_run<adam<double>> in_double(adam<double>{count});
    CHECK(
        saved.refusal(in_double).starts_with("it is of something else, with tensor 'weight' (F32, 2 x 3); expected "
                                             "tensor 'weight' (F64, 2 x 3)"));
    training_run<sgd<float>> by_sgd(sgd<float>(count, {.momentum = 0.9}));
    CHECK(saved.refusal(by_sgd).starts_with(
        "it is of something else, without tensor 'optimiser.momentum_buffer.weight'"));
    training_run<sgd<float>> plain(sgd<float>{count});
    CHECK(saved.refusal(plain).starts_with("it is of something else, with tensor 'optimiser.exp_avg.bias' (F32, 2)"));
    training_run<adam<float>> largest(adam<float>(count, {.amsgrad = true}));
    CHECK(saved.refusal(largest).starts_with(
        "it is of something else, without tensor 'optimiser.max_exp_avg_sq.weight'"));
}

TEST_CASE("a truncated or damaged checkpoint is refused wherever the damage is") {
    const saved_run saved;
    const std::string whole = content_of(saved.path());
    int loaded = 0;
    for (std::size_t size = 0; size < whole.size(); size += 29) {
        write_file(saved.path(), whole.substr(0, size));
        loaded += saved.refusal().empty();
    }
    CHECK(loaded == 0);
    // One bit of any byte: the length, the table, the document or the data.
    for (std::size_t i = 0; i < whole.size(); i += 7) {
        std::string changed = whole;
        changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ (1u << i % 8));
        write_file(saved.path(), changed);
        const std::string message = saved.refusal();
        if (message.empty()) MESSAGE("byte " << i << " of " << whole.size() << " may be changed");
        loaded += message.empty();
    }
    CHECK(loaded == 0);
    std::string zeros = whole;
    std::fill(zeros.end() - 100, zeros.end(), '\0');
    write_file(saved.path(), zeros);
    CHECK(saved.refusal().starts_with("the checksum does not fit: the checkpoint is damaged; expected an intact one"));
}

TEST_CASE("another version, and files that are no training checkpoints") {
    const saved_run saved;
    saved.change_document([](json& d) { d["version"] = 2; });
    CHECK(
        saved.refusal().starts_with("version 2 of the checkpoint format; expected version 1, which this geolip reads"));
    saved.change_document([](json& d) { d["version"] = 1, d["random"]["version"] = 7; });
    CHECK(saved.refusal().starts_with("version 7 of the random streams; expected version 1"));
    saved.change_document([](json& d) { d["random"]["version"] = 1, d["step"] = 4; });
    CHECK(saved.refusal().starts_with("the checksum does not fit"));
    saved.change_document([](json& d) { d["step"] = -1; });
    CHECK(saved.refusal().starts_with("the checkpoint's document has no number \"step\""));
    saved.change_document([](json& d) { d["step"] = 3, d["random"].erase("index"); });
    CHECK(saved.refusal().starts_with("the checkpoint's document has no random number \"index\""));
    for (const char* part : {"random", "program", "checksum", "model", "step", "version"}) {
        const saved_run again;
        again.change_document([&](json& d) { d.erase(part); });
        CHECK(again.refusal().starts_with("the checkpoint's document has no "));
    }
    saved.change_document([](json& d) { d = json::array(); });
    CHECK(saved.refusal().starts_with("the checkpoint's document has no version"));
    write_safetensors(saved.path(), {}, {{"geolip.training", "{"}});
    CHECK(saved.refusal().starts_with("the checkpoint's document has no version"));
    write_safetensors(saved.path(), {});
    CHECK(saved.refusal().starts_with("it is no training checkpoint; expected a file that save_training wrote"));
    write_file(saved.path(), "{}");
    CHECK(saved.refusal().starts_with("the file has 2 bytes"));
    std::filesystem::remove(saved.path());
    CHECK_FALSE(saved.refusal().empty());
}

TEST_CASE("what cannot be saved leaves the checkpoint before it") {
    const saved_run saved;
    const std::string before = content_of(saved.path());
    training_run<adam<float>> run(adam<float>{count});
    run.at.program = "\xff";
    CHECK_THROWS_AS(run.save(saved.path()), geolip::usage_error);
    CHECK(content_of(saved.path()) == before);
    CHECK(saved.folder.files() == 1);
}

TEST_CASE("parameters alone are loaded from a checkpoint or from other people's files, converted") {
    const saved_run saved;
    std::vector<double> w(count);
    const linear<double> model(3, 2);
    load_parameters(saved.path(), model, std::span(w));
    CHECK(w == std::vector<double>(saved.run.w.begin(), saved.run.w.end()));

    const std::vector<std::int16_t> codes = {0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600};
    const auto halves = std::as_bytes(std::span(codes));
    std::vector<tensor> tensors = {{"weight", dtype::f16, {2, 3}, halves}, {"bias", dtype::f16, {2}, halves.first(4)}};
    write_safetensors(saved.path(), tensors, {{"format", "pt"}});
    load_parameters(saved.path(), model, std::span(w));
    CHECK(w == std::vector<double>{1, 2, 3, 4, 5, 6, 1, 2});

    const auto refusal = [&] {
        write_safetensors(saved.path(), tensors);
        const std::vector<double> before = w;
        const std::string message = message_of([&] { load_parameters(saved.path(), model, std::span(w)); });
        CHECK(w == before);
        return message.substr(saved.path().string().size() + 4);
    };
    tensors[1].shape = {2, 1};
    CHECK(refusal().starts_with(
        "it is of something else, with tensor 'bias' (F16, 2 x 1); expected tensor 'bias' (F64, 2)"));
    tensors[1].shape = {2};
    tensors.push_back({"other", dtype::f16, {1}, halves.first(2)});
    CHECK(refusal().starts_with("it is of something else, with tensor 'other' (F16, 1); expected no such tensor"));
    tensors.resize(1);
    CHECK(refusal().starts_with("it is of something else, without tensor 'bias'; expected tensor 'bias' (F64, 2)"));
    CHECK_THROWS_AS(load_parameters(saved.path(), model, std::span(w).first(7)), geolip::shape_error);
}
