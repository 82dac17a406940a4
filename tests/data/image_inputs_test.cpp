// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/data/image_inputs.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"

using namespace geolip::data;
namespace checkpoint = geolip::checkpoint;

namespace {

ppm_image read(const temporary_folder& folder, std::string_view content) {
    write_file(folder / "p.ppm", content);
    return read_ppm(folder / "p.ppm");
}

}  // namespace

TEST_CASE("a text becomes whole images, its bytes scaled to -1 ... 1") {
    std::string text(2 * 27 + 5, 'a');
    text[0] = '\0';
    text[1] = static_cast<char>(255);
    text[27] = static_cast<char>(51);
    const auto batch = images_of_text<double>(text, 3);
    CHECK(batch.size() == 2);
    CHECK(batch.values.size() == 54);
    CHECK(batch.values[0] == -1);
    CHECK(batch.values[1] == 1);
    CHECK(batch.values[2] == doctest::Approx(97 / 127.5 - 1).epsilon(1e-15));
    CHECK(batch.values[27] == doctest::Approx(-0.6).epsilon(1e-15));
    CHECK_THROWS_AS(images_of_text(text, 5), geolip::shape_error);
    CHECK_THROWS_AS(images_of_text(text, 0), geolip::usage_error);
    CHECK_THROWS_AS(images_of_text(text, std::size_t{1} << 40), geolip::usage_error);
}

TEST_CASE("a picture is read, comments and all blanks included") {
    const temporary_folder folder;
    const ppm_image image = read(folder, "P6 # a comment\n2\t# 7 7\n3\r\n120\n" + std::string("abcdefghi01234567d"));
    CHECK(image.width == 2);
    CHECK(image.height == 3);
    CHECK(image.highest == 120);
    CHECK(image.samples.size() == 18);
    CHECK(image.samples[17] == 'd');
}

TEST_CASE("a picture is cut into tiles, channel by channel") {
    ppm_image picture{5, 4, 200, {}};
    for (unsigned i = 0; i < 5 * 4 * 3; ++i) picture.samples.push_back(static_cast<std::uint8_t>(i));
    const auto batch = images_of_picture<double>(picture, 2);
    CHECK(batch.size() == 4);
    for (std::size_t tile = 0; tile < 4; ++tile)
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t y = 0; y < 2; ++y)
                for (std::size_t x = 0; x < 2; ++x) {
                    const std::size_t row = tile / 2 * 2 + y, column = tile % 2 * 2 + x;
                    const double sample = static_cast<double>(3 * (5 * row + column) + c);
                    CHECK(batch.values[tile * 12 + c * 4 + y * 2 + x] ==
                          doctest::Approx(sample / 100 - 1).epsilon(1e-15));
                }
    CHECK_THROWS_AS(images_of_picture(picture, 5), geolip::shape_error);
    picture.samples.pop_back();
    CHECK_THROWS_AS(images_of_picture(picture, 2), geolip::shape_error);
}

TEST_CASE("what is no picture of 8 bits is refused, with the reason") {
    const temporary_folder folder;
    const std::pair<std::string, const char*> wrong[] = {
        {"", "P6"},
        {"P", "P6"},
        {"P5 1 1 255\nabc", "P6"},
        {"P61 1 255\nabc", "a blank is missing"},
        {"P6", "a blank is missing"},
        {"P6 ", "the width is no number"},
        {"P6 x 1 255\nabc", "the width is no number"},
        {"P6 -1 1 255\nabc", "the width is no number"},
        {"P6 0 1 255\n", "the width is 0"},
        {"P6 65536 1 255\n", "the width is 65536"},
        {"P6 99999999999999999999 1 255\n", "the width is 999999"},
        {"P6 1# 1 255\nabc", "a blank is missing"},
        {"P6 1", "a blank is missing"},
        {"P6 1 0 255\n", "the height is 0"},
        {"P6 1 1 0\nabc", "the highest value is 0"},
        {"P6 1 1 65535\nabcdef", "the highest value is 65535"},
        {"P6 1 1 255", "no blank behind"},
        {"P6 1 1 255#\nabc", "no blank behind"},
        {"P6 1 1 255\nab", "take 2 bytes; expected 3"},
        {"P6 1 1 255\nabcd", "take 4 bytes; expected 3"},
        {"P6 65535 65535 255\nabc", "take 3 bytes; expected 12884508675"},
        {"P6 1 1 97\nabc", "the sample 98; expected at most 97"},
        {"P6 #" + std::string(70000, ' ') + "\n1 1 255\nabc", "the width is no number"},
    };
    for (const auto& [content, reason] : wrong) {
        CAPTURE(content.substr(0, 40));
        std::string message;
        try {
            read(folder, content);
        } catch (const geolip::file_error& e) {
            message = e.what();
        }
        CAPTURE(message);
        CHECK(message.find(reason) != std::string::npos);
    }
    CHECK_THROWS_AS(read_ppm(folder / "none.ppm"), geolip::file_error);
}

TEST_CASE("arrays of images are read from npy") {
    const temporary_folder folder;
    const auto path = folder / "a.npy";
    const std::size_t four[] = {2, 3, 2, 2}, three[] = {3, 2, 2}, flat[] = {24}, oblong[] = {2, 3, 1, 4};
    std::vector<float> floats(24);
    for (std::size_t i = 0; i < 24; ++i) floats[i] = static_cast<float>(i) * 0.5f;
    checkpoint::write_npy<float>(path, four, floats);
    CHECK(read_npy_images<float>(path).values == floats);
    CHECK(read_npy_images<float>(path).size() == 2);

    const std::vector<std::uint8_t> bytes = {0, 255, 51, 204, 0, 0, 0, 0, 0, 0, 0, 0};
    checkpoint::write_npy<std::uint8_t>(path, three, bytes);
    const auto scaled = read_npy_images<double>(path);
    CHECK(scaled.side == 2);
    CHECK(scaled.size() == 1);
    CHECK(scaled.values[0] == -1);
    CHECK(scaled.values[1] == 1);
    CHECK(scaled.values[3] == doctest::Approx(0.6).epsilon(1e-15));

    checkpoint::write_npy<float>(path, flat, floats);
    CHECK_THROWS_AS(read_npy_images(path), geolip::file_error);
    checkpoint::write_npy<float>(path, oblong, floats);
    CHECK_THROWS_AS(read_npy_images(path), geolip::file_error);
    checkpoint::write_npy<std::int32_t>(path, three, std::vector<std::int32_t>(12));
    CHECK_THROWS_AS(read_npy_images(path), geolip::file_error);
    floats[5] = std::numeric_limits<float>::quiet_NaN();
    checkpoint::write_npy<float>(path, four, floats);
    CHECK_THROWS_AS(read_npy_images(path), geolip::file_error);
}
