// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "geolip/checkpoint/known_models.hpp"
#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/nn/initialiser.hpp"
#include "support/safetensors.hpp"
#include "support/statistics.hpp"
#include "support/temporary_folder.hpp"

using namespace geolip::checkpoint;
using geolip::nn::initialiser;

namespace {

void write(const known_model& m, const std::filesystem::path& path, known_model_options options = {}) {
    REQUIRE(write_known_model(m, path, options));
}

bool is_drawn(const known_tensor& t) {
    return t.law.kind == initialiser::law::uniform || t.law.kind == initialiser::law::normal;
}

// The sd of a law, uniform by its width.
double sd_of(const known_tensor& t) {
    const double scale = scale_for(t.law, t.extents);
    return t.law.kind == initialiser::law::normal ? scale : scale / std::sqrt(3.0);
}

}  // namespace

TEST_CASE("every tiny checkpoint reads back with its tensors, each drawn by its law") {
    temporary_folder folder;
    const auto path = folder / "model.safetensors";
    double worst_mean = 0, worst_sd = 0;
    for (const auto name : known_model_names()) {
        const known_model m = make_known_model(name, model_scale::tiny);
        CAPTURE(m.name);
        write(m, path, {.seed = 3});
        const safetensors_file file(path);
        REQUIRE(file.tensors().size() == m.tensors.size());
        CHECK(file.metadata().at("format") == "pt");
        CHECK(file.metadata().at("geolip.arch") == m.name);
        CHECK(file.metadata().contains("geolip.provisional") == !m.provisional.empty());
        for (const known_tensor& t : m.tensors) {
            CAPTURE(t.name);
            const tensor_info& info = file.at(t.name);
            REQUIRE(info.size() == t.extents.size());
            REQUIRE(info.shape.size() == t.extents.rank());
            for (std::size_t i = 0; i < info.shape.size(); ++i) CHECK(info.shape[i] == t.extents[i]);
            CHECK(info.dtype == (t.kind == tensor_kind::counter ? dtype::i64 : dtype::f32));
            std::vector<double> values = file.read<double>(info);
            if (!is_drawn(t)) {
                CHECK(std::ranges::all_of(values, [&](double x) { return x == t.law.centre; }));
                continue;
            }
            if (t.logarithm)
                for (double& x : values) x = std::exp(x);
            const geolip_test::summary found(values);
            const double sd = sd_of(t), count = found.count;
            // Both in standard errors; a kurtosis of 3 or 9/5 makes that of the variance.
            const double fourth = t.law.kind == initialiser::law::normal ? 3 : 1.8;
            if (count >= 2)
                worst_mean = std::max(worst_mean, std::fabs(found.mean - t.law.centre) / sd * std::sqrt(count));
            if (count >= 64)
                worst_sd = std::max(worst_sd,
                                    std::fabs(found.sd * found.sd / (sd * sd) - 1) / std::sqrt((fourth - 1) / count));
            if (t.law.kind == initialiser::law::uniform)
                CHECK(std::ranges::all_of(values, [&](double x) {
                    return std::fabs(x - t.law.centre) <= scale_for(t.law, t.extents) * (1 + 1e-6);
                }));
        }
    }
    // Of 2700 tensors or so: beyond 5 standard errors with probability 0.002 where errors are normal.
    CHECK(worst_mean < 5);
    CHECK(worst_mean > 2);
    CHECK(worst_sd < 5.5);
    CHECK(worst_sd > 2);
}

TEST_CASE("the bytes depend on the seed, and on nothing but what is stated") {
    temporary_folder folder;
    const known_model m = make_known_model("qwen3.5-4b", model_scale::tiny);
    write(m, folder / "a", {.seed = 1});
    write(m, folder / "b", {.seed = 1});
    write(m, folder / "c", {.seed = 2});
    const std::string a = content_of(folder / "a");
    CHECK(a == content_of(folder / "b"));
    CHECK(a != content_of(folder / "c"));
    const safetensors_file file(folder / "a");
    const auto a_log = file.read<float>(file.at("model.language_model.layers.0.linear_attn.A_log"));
    REQUIRE(a_log.size() == 4);
    for (const float x : a_log) CHECK((x > std::log(0.01f) && x < std::log(16.0f)));
    // Constant and uniform laws give these bits on every machine and with every compiler.
    write(make_known_model("sd15-vae", model_scale::tiny), folder / "vae", {.seed = 1});
    const std::string vae = content_of(folder / "vae");
    CHECK(geolip::detail::fnv1a(vae.substr(vae.size() - 334383 * 4)) == 2106975706076969649u);
}

TEST_CASE("tensors are drawn from streams of their own, in any parts") {
    std::set<std::vector<float>> first_elements;
    std::size_t drawn = 0;
    for (const auto name : known_model_names()) {
        for (const model_scale scale : {model_scale::full, model_scale::tiny}) {
            const known_model m = make_known_model(name, scale);
            for (const known_tensor& t : m.tensors) {
                if (!is_drawn(t) || t.extents.size() < 4) continue;
                std::vector<float> some(4);
                draw_known_tensor(m, t, 42, 0, some);
                const auto size = static_cast<float>(sd_of(t));
                for (float& x : some) x = std::round(x / size * 1000);  // equal draws would be equal at any scale
                first_elements.insert(some);
                ++drawn;
            }
        }
    }
    CHECK(first_elements.size() == drawn);
    const known_model m = make_known_model("t5-small");
    const known_tensor& shared = m.tensors.front();
    std::vector<float> whole(3000), part(1000);
    draw_known_tensor(m, shared, 42, 5'000'000, whole);
    draw_known_tensor(m, shared, 42, 5'000'777, part);
    CHECK(std::ranges::equal(part, std::span(whole).subspan(777, 1000)));
}

TEST_CASE("16-bit checkpoints are the 32-bit ones rounded to nearest") {
    temporary_folder folder;
    const known_model m = make_known_model("t5-base", model_scale::tiny);
    write(m, folder / "f32", {.dtype = dtype::f32});
    const safetensors_file exact(folder / "f32");
    for (const dtype type : {dtype::f16, dtype::bf16}) {
        write(m, folder / "narrow", {.dtype = type});
        const safetensors_file file(folder / "narrow");
        const int digits = type == dtype::f16 ? 11 : 8;
        for (const tensor_info& t : file.tensors()) {
            CHECK(t.dtype == type);
            const auto values = file.read<float>(t), expected = exact.read<float>(exact.at(t.name));
            for (std::size_t i = 0; i < values.size(); ++i) {
                const float x = expected[i];
                const int least = type == dtype::f16 ? -24 : -133;
                const int unit = std::max(std::ilogb(x == 0 ? 1e-30f : x) - digits + 1, least);
                const float rounded = std::ldexp(std::nearbyint(std::ldexp(x, -unit)), unit);
                if (values[i] != rounded) FAIL(t.name, " ", i);
            }
        }
    }
}

TEST_CASE("rounding to 16 bits is right at every boundary") {
    using namespace geolip::checkpoint::detail;
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {  // every half and bfloat is its own rounding
        const auto code = static_cast<std::uint16_t>(bits);
        const float h = half(code), b = bfloat(code);
        if (!std::isnan(h) && to_half(h) != code) FAIL("half ", bits);
        if (!std::isnan(b) && to_bfloat(b) != code) FAIL("bfloat ", bits);
        if (std::isnan(h)) CHECK(std::isnan(half(to_half(h))));
        if (std::isnan(b)) CHECK(std::isnan(bfloat(to_bfloat(b))));
    }
    for (std::uint32_t code = 0; code < 0x7C00u; ++code) {  // between neighbours: the half way to the even one
        const float low = half(static_cast<std::uint16_t>(code));
        const float high = code == 0x7BFF ? 65536.0f : half(static_cast<std::uint16_t>(code + 1));
        const float middle = low + (high - low) / 2;
        const auto even = static_cast<std::uint16_t>(code + (code & 1u));
        if (to_half(middle) != even) FAIL("between ", code);
        if (to_half(std::nextafter(middle, 0.0f)) != code) FAIL("below ", code);
        if (to_half(std::nextafter(middle, 1e30f)) != code + 1) FAIL("above ", code);
        if (to_half(-middle) != (even | 0x8000u)) FAIL("minus ", code);
    }
    CHECK(to_half(std::numeric_limits<float>::infinity()) == 0x7C00);
    CHECK(to_half(1e30f) == 0x7C00);
    CHECK(to_half(1e-30f) == 0);
    CHECK(to_bfloat(1.00390625f) == 0x3F80);  // half way: to the even one
    CHECK(to_bfloat(1.01171875f) == 0x3F82);
    CHECK(to_bfloat(std::numeric_limits<float>::max()) == 0x7F80);
}

TEST_CASE("writing can be watched and stopped, and a stop leaves no file") {
    temporary_folder folder;
    const known_model m = make_known_model("t5-small", model_scale::tiny);
    int asked = 0;
    CHECK(!write_known_model(m, folder / "model", {.stop = [&] { return ++asked == 20; }}));
    CHECK(folder.files() == 0);
    std::uint64_t last = 0, all = 0;
    write(m, folder / "model", {.progress = [&](std::uint64_t done, std::uint64_t total) {
              CHECK(done >= last);
              last = done;
              all = total;
          }});
    CHECK(all == 4 * m.parameters());
    CHECK(last < all);
    const auto message = geolip_test::message_of<geolip::usage_error>(
        [&] { static_cast<void>(write_known_model(m, folder / "model", {.dtype = dtype::f64})); });
    CHECK(message == "writing a model as F64; expected F32, F16 or BF16");
}
