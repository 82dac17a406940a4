// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Images of other things than noise, to see how a model fares outside what it was trained on: bytes of a text,
/// pictures, arrays.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/checkpoint/npy.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"
#include "geolip/data/ppm.hpp"

namespace geolip::data {

/// Images of 3 channels of side x side, one after the other.
template <std::floating_point T>
struct image_batch {
    std::size_t side = 0;
    std::vector<T> values;

    std::size_t size() const { return values.size() / (3 * side * side); }
};

namespace detail {

/// 0 … highest to [-1, 1].
template <class T>
T centred(unsigned value, unsigned highest) {
    return static_cast<T>((2.0 * value - highest) / highest);
}

inline std::size_t image_elements(const char* what, std::size_t side) {
    if (side < 1 || side > 4096)
        geolip::detail::raise(
            usage_error(std::string(what) + ": got images of side " + std::to_string(side) + "; expected 1 to 4096"));
    return 3 * side * side;
}

}  // namespace detail

/// A text, or any bytes, as images: byte b becomes b / 127.5 - 1. The first side^2 bytes are the first channel, row by
/// row, the next the second. Bytes that do not fill an image are left out. Our choice: the source documents do not say
/// how text becomes an image.
/// \throws usage_error if the side is not 1 … 4096; shape_error if the bytes fill no image
template <std::floating_point T = float>
image_batch<T> images_of_bytes(std::span<const std::byte> bytes, std::size_t side) {
    const std::size_t size = detail::image_elements("images_of_bytes", side);
    if (bytes.size() < size)
        geolip::detail::raise(shape_error("images_of_bytes: got " + std::to_string(bytes.size()) +
                                          " bytes; expected at least " + std::to_string(size) + ", those of an image"));
    image_batch<T> batch{side, std::vector<T>(bytes.size() / size * size)};
    for (std::size_t i = 0; i < batch.values.size(); ++i)
        batch.values[i] = detail::centred<T>(std::to_integer<unsigned>(bytes[i]), 255);
    return batch;
}
/// The same of the bytes of a text.
template <std::floating_point T = float>
image_batch<T> images_of_text(std::string_view text, std::size_t side) {
    return images_of_bytes<T>(std::as_bytes(std::span(text)), side);
}

/// A picture cut into tiles from its top left corner, row by row; what is left over at the right and the bottom is left
/// out. Values are scaled from 0 … highest to [-1, 1].
/// \throws usage_error if the side is not 1 … 4096; shape_error if the picture is smaller than a tile or has not three
/// samples a pixel
template <std::floating_point T = float>
image_batch<T> images_of_picture(const ppm_image& picture, std::size_t side) {
    const std::size_t size = detail::image_elements("images_of_picture", side);
    if (picture.width < side || picture.height < side || picture.samples.size() != 3 * picture.width * picture.height ||
        picture.highest == 0)
        geolip::detail::raise(shape_error(
            "images_of_picture: got " + std::to_string(picture.width) + " x " + std::to_string(picture.height) +
            " pixels of " + std::to_string(picture.samples.size()) + " samples; expected at least " +
            std::to_string(side) + " x " + std::to_string(side) + ", three samples each"));
    const std::size_t across = picture.width / side, down = picture.height / side;
    image_batch<T> batch{side, std::vector<T>(across * down * size)};
    T* out = batch.values.data();
    for (std::size_t tile = 0; tile < across * down; ++tile)
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t y = 0; y < side; ++y) {
                const std::size_t pixel = (tile / across * side + y) * picture.width + tile % across * side;
                for (std::size_t x = 0; x < side; ++x)
                    *out++ = detail::centred<T>(picture.samples[3 * (pixel + x) + c], picture.highest);
            }
    return batch;
}

/// The images of an npy file of shape n x 3 x s x s or 3 x s x s. Bytes are scaled from 0 … 255 to [-1, 1]; floats are
/// taken as they are.
/// \throws file_error if the file cannot be read or is not such an array of bytes or finite floats
template <std::floating_point T = float>
image_batch<T> read_npy_images(const std::filesystem::path& path) {
    const checkpoint::npy_file file(path);
    const auto fail = [&](const std::string& why) {
        std::string text = in_quotes(path.string());
        text += ": got ";
        text += why;
        geolip::detail::raise(file_error(text));
    };
    const std::vector<std::size_t>& shape = file.shape();
    const std::size_t rank = shape.size();
    if ((rank != 3 && rank != 4) || shape[rank - 3] != 3 || shape[rank - 2] != shape[rank - 1] || file.size() == 0)
        fail("an array of shape " + checkpoint::to_string(shape) + "; expected n x 3 x s x s or 3 x s x s");
    const checkpoint::dtype type = file.dtype();
    const bool bytes = type == checkpoint::dtype::u8;
    if (!bytes && type != checkpoint::dtype::f16 && type != checkpoint::dtype::f32 && type != checkpoint::dtype::f64)
        fail("elements of type " + std::string(checkpoint::name_of(type)) + "; expected U8, F16, F32 or F64");
    image_batch<T> batch{shape[rank - 1], file.read<T>()};
    for (T& x : batch.values) {
        if (!std::isfinite(x)) fail("an element that is not finite; expected numbers");
        if (bytes) x = detail::centred<T>(static_cast<unsigned>(x), 255);
    }
    return batch;
}

}  // namespace geolip::data
