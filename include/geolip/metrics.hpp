// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in metrics/ that needs no other library: each metric with its error and its null. With Eigen (component
/// `linalg`) there are also head_balance.hpp, qk_balance.hpp and procrustes.hpp.

#include "geolip/metrics/cosine_law.hpp"
#include "geolip/metrics/distinct_rows.hpp"
#include "geolip/metrics/distribution.hpp"
#include "geolip/metrics/filter_use.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/head_health.hpp"
#include "geolip/metrics/large_gaussian.hpp"
#include "geolip/metrics/layer_correlation.hpp"
#include "geolip/metrics/layer_products.hpp"
#include "geolip/metrics/matched_volumes.hpp"
#include "geolip/metrics/neuron_importance.hpp"
#include "geolip/metrics/pairwise.hpp"
#include "geolip/metrics/position_bias.hpp"
#include "geolip/metrics/procrustes_limit.hpp"
#include "geolip/metrics/row_agreement.hpp"
#include "geolip/metrics/scale_statistics.hpp"
#include "geolip/metrics/simulation.hpp"
#include "geolip/metrics/sparsity.hpp"
#include "geolip/metrics/spectral_correlation.hpp"
#include "geolip/metrics/spectrum.hpp"
#include "geolip/metrics/token_cosines.hpp"
#include "geolip/metrics/trend.hpp"
#include "geolip/metrics/validity.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/metrics/volume_cv_by_order.hpp"
#include "geolip/metrics/volume_null.hpp"
#include "geolip/metrics/volume_statistics.hpp"
