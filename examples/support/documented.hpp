// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The figures of the document "GeoLIP Deep Embedding Analysis" that the programs print beside their own.

#include <cstddef>
#include <optional>

namespace examples {

/// Average CV of five random points in D dimensions over all vocabularies, to the three decimals documented.
struct documented_cv {
    unsigned dimension;
    double cv;
};

inline constexpr documented_cv documented_dimensions[] = {
    {8, .605},   {16, .383},  {24, .304},  {32, .257},  {40, .229}, {48, .207},  {56, .192},
    {64, .180},  {72, .168},  {80, .159},  {88, .152},  {96, .144}, {104, .139}, {112, .134},
    {120, .129}, {128, .125}, {256, .088}, {512, .063}, {768, .051}};

/// The documented average at one dimension, where there is one.
inline std::optional<double> documented_at(unsigned dimension) {
    for (const documented_cv& row : documented_dimensions) {
        if (row.dimension == dimension) return row.cv;
    }
    return std::nullopt;
}

/// CV of five random rows in 32 dimensions for one vocabulary, to the four decimals documented.
struct documented_vocabulary {
    unsigned vocab;
    double cv;
};

inline constexpr documented_vocabulary documented_vocabularies[] = {
    {32, .2578},     {512, .2615},     {8192, .2578},    {65536, .2663},   {131072, .2590},
    {500000, .2745}, {1000000, .2645}, {4000000, .2541}, {13000000, .2681}};
inline constexpr unsigned documented_vocabulary_dimension = 32;

/// CV of the activations of one head's queries, keys and values after training, to the two decimals documented.
struct documented_head {
    unsigned head_dim;
    double query, key, value;
};

inline constexpr documented_head documented_heads[] = {
    {64, .32, .42, .41}, {32, .38, .45, .43}, {16, .48, .70, .53}, {8, .65, .77, .63}};

/// The range in which the CV of embedding activations is said to lie, for every dimension.
inline constexpr double documented_embedding_low = 0.19;
inline constexpr double documented_embedding_high = 0.30;

/// How many of the documented sweep's configurations lie in the band.
inline constexpr std::size_t documented_in_band = 3014;
inline constexpr std::size_t documented_entries = 65536;

/// The "binding constant", and the range in which trained networks are said to settle.
inline constexpr double binding_constant = 0.29154;
inline constexpr double attractor_low = 0.20;
inline constexpr double attractor_high = 0.23;

}  // namespace examples
