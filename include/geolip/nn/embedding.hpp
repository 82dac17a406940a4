// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `embedding`: a learned vector for every token of a vocabulary.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// y[…, :] = weight[x[…], :]: token ids (…) -> (…, dim). The one parameter, "weight" (vocabulary, dim), is drawn from
/// N(0, 1) as torch.nn.Embedding draws it. `Vocabulary` and `Dim` may be left to the constructor.
///
/// The row of `padding` is looked up like any other, and its gradient is 0. It is drawn like the others too; torch sets
/// it to 0, which `clear_padding` does.
///
/// An id outside 0 … vocabulary - 1 is an error of the data that no shape shows: `forward` checks all ids before it
/// writes anything and throws, and `require_input` is that check by itself. Gradients of a token that occurs several
/// times are added in the order of x.
template <measured_scalar T, std::size_t Vocabulary = dynamic, std::size_t Dim = dynamic>
class embedding {
    static_assert(Vocabulary != 0 && Dim != 0,
                  "geolip::nn::embedding<T, Vocabulary, Dim>: Vocabulary and Dim must be at least 1");

public:
    using scalar_type = T;
    using input_type = std::int32_t;
    static constexpr std::size_t output_features = Dim;
    static constexpr bool reads_output = false;

    constexpr embedding()
        requires(Vocabulary != dynamic && Dim != dynamic)
    = default;
    /// \throws shape_error for a size of 0, or one that is not that of the type; usage_error for a padding id that is
    /// not in the vocabulary
    constexpr embedding(std::size_t vocabulary, std::size_t dim, std::optional<std::size_t> padding = std::nullopt)
        : vocabulary_(vocabulary), dim_(dim), padding_(padding) {
        check();
    }

    constexpr std::size_t vocabulary() const { return vocabulary_; }
    constexpr std::size_t dim() const { return dim_; }
    constexpr std::optional<std::size_t> padding() const { return padding_; }

    shape output_shape(const shape& x) const { return x.with_axis(dim_); }
    template <class Visit>
    constexpr void visit_parameters(Visit&& visit) const {
        visit("weight", shape{vocabulary_, dim_}, initialiser::normal(1));
    }
    constexpr std::size_t parameter_count() const { return vocabulary_ * dim_; }

    /// Sets the row of the padding id to 0.
    void clear_padding(std::span<T> w) const {
        if (padding_) std::fill_n(w.data() + *padding_ * dim_, dim_, T(0));
    }
    /// \throws usage_error naming the position, the id and the vocabulary when x holds an id that has no row
    void require_input(tensor_view<const std::int32_t> x) const {
        for (std::size_t i = 0; i < x.size(); ++i)
            if (x[i] < 0 || static_cast<std::size_t>(x[i]) >= vocabulary_) unknown_id(x, i);
    }

    /// \throws usage_error as `require_input` does, and y is as it was
    void forward(std::span<const T> w, tensor_view<const std::int32_t> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "embedding", w, x.extents(), y.extents(), memory);
        require_input(x);
        for (std::size_t i = 0; i < x.size(); ++i)
            std::copy_n(w.data() + static_cast<std::size_t>(x[i]) * dim_, dim_, y.data() + i * dim_);
    }
    void backward(std::span<const T>, tensor_view<const std::int32_t> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T>, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "embedding", x.extents(), dy.extents(), tensor_view<T>(), dw);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t id = static_cast<std::size_t>(x[i]);
            if (padding_ != id) detail::add_into(dw.data() + id * dim_, dy.data() + i * dim_, dim_, memory.isa);
        }
    }

private:
    constexpr void check() const {
        if (vocabulary_ == 0 || dim_ == 0 || (Vocabulary != dynamic && vocabulary_ != Vocabulary) ||
            (Dim != dynamic && dim_ != Dim))
            geolip::detail::raise(shape_error("embedding(" + std::to_string(vocabulary_) + ", " + std::to_string(dim_) +
                                              "): expected sizes of at least 1 that equal those of the type"));
        if (padding_ && *padding_ >= vocabulary_)
            geolip::detail::raise(usage_error("embedding: padding id " + std::to_string(*padding_) +
                                              "; expected one below the vocabulary's size, " +
                                              std::to_string(vocabulary_)));
    }
    [[noreturn]] void unknown_id(tensor_view<const std::int32_t> x, std::size_t place) const {
        std::string text = "embedding: token id ";
        text += std::to_string(x[place]);
        text += " at position ";
        text += std::to_string(place);
        text += " of an input of shape ";
        text += to_string(x.extents());
        text += "; expected ids from 0 to ";
        text += std::to_string(vocabulary_ - 1);
        text += ", for the vocabulary has ";
        text += std::to_string(vocabulary_);
        text += " tokens";
        geolip::detail::raise(usage_error(text));
    }

    std::size_t vocabulary_ = Vocabulary;
    std::size_t dim_ = Dim;
    std::optional<std::size_t> padding_;
};

}  // namespace geolip::nn
