// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `token_patterns`: a small classification problem, noisy copies of a few random token sequences.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/random/philox.hpp"
#include "geolip/random/subset.hpp"

namespace geolip::data {

/// Sequences of tokens, each with its class.
struct labelled_tokens {
    std::size_t length = 0;            ///< tokens of a sequence
    std::vector<std::int32_t> tokens;  ///< one sequence after the other, each in 0 … vocabulary - 1
    std::vector<std::int32_t> labels;  ///< the class of each sequence

    std::size_t size() const { return labels.size(); }
};

/// A problem of `classes` base patterns, each `length` tokens drawn uniformly, and `copies` noisy copies of each: every
/// token is replaced with probability `noise` by one drawn uniformly (which may be the same again). The defaults are
/// those of the attention experiment in the source documents.
///
/// Everything is drawn from `seed` by integers alone: the same bits everywhere. The base pattern of a class depends on
/// the seed, the class, the length and the vocabulary, and a copy on these, its number and the noise: a problem with
/// more classes or copies holds those of a smaller one.
struct token_patterns {
    std::size_t classes = 10;
    std::size_t copies = 50;  ///< of each class
    std::size_t length = 8;
    std::uint32_t vocabulary = 256;
    double noise = 0.25;
    std::uint64_t seed = 42;

    /// The tokens of class `c` before the noise.
    /// \throws usage_error as `shuffled` does
    std::vector<std::int32_t> base(std::size_t c) const {
        check();
        std::vector<std::int32_t> pattern(length);
        philox_engine engine({seed, (std::uint64_t{34} << 56) | c});
        for (std::int32_t& token : pattern) token = draw(engine);
        return pattern;
    }

    /// All copies of all classes, in an order drawn uniformly.
    /// \throws usage_error when a size is 0 or too large, or `noise` is no probability
    labelled_tokens shuffled() const {
        check();
        std::vector<std::size_t> order(classes * copies);
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        philox_engine order_engine({seed, std::uint64_t{36} << 56});
        shuffle(std::span(order), order_engine);

        std::vector<std::vector<std::int32_t>> pattern;
        for (std::size_t c = 0; c < classes; ++c) pattern.push_back(base(c));
        labelled_tokens result{length, {}, {}};
        result.tokens.reserve(order.size() * length);
        result.labels.reserve(order.size());
        for (const std::size_t i : order) {
            const std::size_t c = i / copies;
            result.labels.push_back(static_cast<std::int32_t>(c));
            philox_engine engine({seed, (std::uint64_t{35} << 56) | (c << 32) | (i % copies)});
            for (const std::int32_t token : pattern[c]) {
                const bool replaced = engine() * 0x1p-32 < noise;
                const std::int32_t other = draw(engine);
                result.tokens.push_back(replaced ? other : token);
            }
        }
        return result;
    }

private:
    std::int32_t draw(philox_engine& engine) const {
        return static_cast<std::int32_t>(uniform_below(engine, vocabulary));
    }

    void check() const {
        const auto require = [](bool holds, const char* name, std::uint64_t value, std::uint64_t most) {
            if (!holds)
                geolip::detail::raise(usage_error(std::string("token_patterns: ") + name + " is " +
                                                  std::to_string(value) + "; expected 1 to " + std::to_string(most)));
        };
        constexpr std::uint64_t most_classes = 1u << 24, most_tokens = std::uint64_t{1} << 31;
        constexpr std::uint64_t most_samples = (std::numeric_limits<std::int32_t>::max)();
        require(classes >= 1 && classes <= most_classes, "classes", classes, most_classes);
        require(copies >= 1 && copies <= most_samples / classes, "copies", copies, most_samples / classes);
        require(length >= 1 && length <= most_tokens, "length", length, most_tokens);
        require(vocabulary >= 1 && vocabulary <= most_tokens, "vocabulary", vocabulary, most_tokens);
        if (!(noise >= 0 && noise <= 1))
            geolip::detail::raise(
                usage_error("token_patterns: noise is " + std::to_string(noise) + "; expected a probability, 0 to 1"));
    }
};

}  // namespace geolip::data
