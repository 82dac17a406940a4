// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `data_parallel`: loss and gradient of a batch, cut into a fixed number of shards, on any number of threads.

#include <algorithm>
#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/backend/cpu.hpp"
#include "geolip/core/error.hpp"
#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// Memory on cache-line boundaries, zeroed, of a size fixed at construction.
template <measured_scalar T>
class aligned_memory {
public:
    aligned_memory() = default;
    explicit aligned_memory(std::size_t size) : storage_(padded<T>(size) / workspace<T>::alignment), size_(size) {}
    std::span<T> all() { return {storage_.empty() ? nullptr : storage_.front().value, size_}; }
    std::span<const T> all() const { return {storage_.empty() ? nullptr : storage_.front().value, size_}; }
    std::size_t size() const { return size_; }

private:
    struct alignas(64) line {
        T value[workspace<T>::alignment] = {};
    };
    std::vector<line> storage_;
    std::size_t size_ = 0;
};

/// The memory of one thread's passes of a model on inputs of one shape.
template <module M>
class workspace_memory {
public:
    using scalar_type = typename M::scalar_type;

    workspace_memory() = default;
    workspace_memory(const M& model, const shape& x)
        : kept_(nn::kept_size(model, x)), scratch_(nn::scratch_size(model, x)) {}

    workspace<scalar_type> view(isa level = isa::automatic) { return {kept_.all(), scratch_.all(), level}; }

private:
    aligned_memory<scalar_type> kept_, scratch_;
};

/// How a batch is cut and who works on it.
template <executor Executor = thread_per_task>
struct data_parallel_options {
    std::size_t shards = 8;  ///< parts of the batch; the result depends on it, in rounding
    /// Pieces that a shard is worked off in, one after the other with one gradient, so that a piece's activations stay
    /// in the cache; the result depends on it, in rounding.
    std::size_t pieces = 1;
    unsigned threads = 1;  ///< at most this many work at once; the result does not depend on it
    geolip::isa isa = isa::automatic;
    [[no_unique_address]] Executor executor = {};
};

/// Loss and gradient of a model over a batch. The batch (the first axis of x) is cut into `shards` nearly equal parts,
/// and these into `pieces`; every shard's gradient is computed by itself and they are added in one order, so the bits
/// do not depend on `threads`. Everything is allocated on construction, for inputs of one shape; a step allocates
/// nothing (but what the executor does to start threads).
template <module M, executor Executor = thread_per_task>
class data_parallel {
public:
    using scalar_type = typename M::scalar_type;
    using input_type = input_t<M>;
    using options = data_parallel_options<Executor>;

    /// \throws usage_error without shards; shape_error when `batch` does not fit the model or is empty
    data_parallel(M model, const shape& batch, options o = {})
        : model_(std::move(model)), batch_(batch), options_(std::move(o)), output_(nn::output_shape(model_, batch)) {
        if (options_.shards == 0 || options_.pieces == 0)
            geolip::detail::raise(usage_error("data_parallel: 0 shards or pieces; expected at least 1"));
        if (batch_.rank() == 0 || batch_.size() == 0)
            geolip::detail::raise(
                shape_error("data_parallel: a batch of shape " + to_string(batch_) + "; expected at least one sample"));
        if (output_.rank() == 0 || output_.front() != batch_.front())
            geolip::detail::raise(shape_error("data_parallel: the model gives " + to_string(output_) + " for " +
                                              to_string(batch_) +
                                              "; expected one output a sample: the first extents "
                                              "must be equal"));
        options_.shards = (std::min)(options_.shards, batch_.front());
        threads_ = (std::max)(std::size_t{1}, (std::min)(std::size_t{options_.threads}, options_.shards));
        const std::size_t shard = (batch_.front() + options_.shards - 1) / options_.shards;
        options_.pieces = (std::min)(options_.pieces, shard);
        const std::size_t most = (shard + options_.pieces - 1) / options_.pieces;
        const shape x = batch_.with_front(most);
        for (std::size_t t = 0; t < threads_; ++t)
            workers_.push_back({workspace_memory<M>(model_, x),
                                aligned_memory<scalar_type>(output_.with_front(most).size()),
                                aligned_memory<scalar_type>(output_.with_front(most).size())});
        for (std::size_t s = 1; s < options_.shards; ++s) gradients_.emplace_back(nn::parameter_count(model_));
        losses_.resize(options_.shards);
    }

    const M& model() const { return model_; }
    const shape& batch_shape() const { return batch_; }
    const shape& output_shape() const { return output_; }

    /// Sets `dw` to the gradient of the loss with respect to the parameters and returns the loss.
    ///
    /// `loss(begin, y, dy)` is called once for each piece of a shard, or each sample where the model ends with a
    /// `by_sample`, by several threads at once: y is the model's output for the samples from `begin`; it sets dy to
    /// d(loss)/dy and returns their share of the loss. The shares are added up in the order of the samples.
    template <class Loss>
    double gradient(std::span<const scalar_type> w, tensor_view<const input_type> x, std::span<scalar_type> dw,
                    Loss&& loss) {
        require(w, x);
        if (dw.size() != w.size())
            geolip::detail::raise(shape_error("data_parallel: a gradient of " + std::to_string(dw.size()) +
                                              " scalars for " + std::to_string(w.size()) + " parameters"));
        const std::size_t shards = options_.shards;
        run(threads_, [&](std::size_t t) {
            for (std::size_t s = t; s < shards; s += threads_) {
                const std::span<scalar_type> sum = s == 0 ? dw : gradients_[s - 1].all();
                std::fill(sum.begin(), sum.end(), scalar_type(0));
                losses_[s] = 0;
                for (std::size_t p = 0; p < options_.pieces; ++p)
                    losses_[s] += gradient_of(first_sample(s, p), first_sample(s, p + 1), w, x, sum, workers_[t], loss);
            }
        });
        // The shards' gradients are added in their order, each thread a range of the parameters.
        const std::size_t tasks = dw.size() < 1u << 14 ? 1 : threads_;
        run(tasks, [&](std::size_t t) {
            const std::size_t begin = dw.size() * t / tasks;
            const std::size_t end = dw.size() * (t + 1) / tasks;
            for (const aligned_memory<scalar_type>& part : gradients_)
                detail::add_into<scalar_type>(dw.data() + begin, part.all().data() + begin, end - begin, options_.isa);
        });
        double total = 0;
        for (const double share : losses_) total += share;
        return total;
    }

    /// Sets `y` to the model's output for `x`.
    void forward(std::span<const scalar_type> w, tensor_view<const input_type> x, tensor_view<scalar_type> y) {
        require(w, x);
        if (y.extents() != output_)
            geolip::detail::raise(shape_error("data_parallel: an output of shape " + to_string(y.extents()) +
                                              "; expected " + to_string(output_)));
        run(threads_, [&](std::size_t t) {
            for (std::size_t s = t; s < options_.shards; s += threads_) {
                for (std::size_t p = 0; p < options_.pieces; ++p) {
                    const std::size_t begin = first_sample(s, p), count = first_sample(s, p + 1) - begin;
                    if (count > 0)
                        model_.forward(w, x.slice(begin, count), y.slice(begin, count),
                                       workers_[t].memory.view(options_.isa));
                }
            }
        });
    }

private:
    struct worker {
        workspace_memory<M> memory;
        aligned_memory<scalar_type> output, output_gradient;
    };

    // The first sample of a piece of a shard; there may be `pieces` of them, the first of the next shard.
    std::size_t first_sample(std::size_t shard, std::size_t piece) const {
        const std::size_t begin = batch_.front() * shard / options_.shards;
        const std::size_t end = batch_.front() * (shard + 1) / options_.shards;
        return begin + (end - begin) * piece / options_.pieces;
    }

    // Adds to `sum` the gradient of samples `begin` … `end - 1`, and returns their share of the loss.
    template <class Loss>
    double gradient_of(std::size_t begin, std::size_t end, std::span<const scalar_type> w,
                       tensor_view<const input_type> x, std::span<scalar_type> sum, worker& own, Loss& loss) const {
        if (begin == end) return 0;
        const tensor_view<const input_type> part = x.slice(begin, end - begin);
        const workspace<scalar_type> memory = own.memory.view(options_.isa);
        if constexpr (requires { requires M::works_by_sample; }) {
            return model_.forward_backward(
                w, part, sum, memory, [&](std::size_t n, auto y, auto dy) { return double(loss(begin + n, y, dy)); });
        } else {
            const shape y_shape = output_.with_front(end - begin);
            const tensor_view<scalar_type> y(own.output.all().data(), y_shape);
            const tensor_view<scalar_type> dy(own.output_gradient.all().data(), y_shape);
            model_.forward(w, part, y, memory);
            const double share = loss(begin, tensor_view<const scalar_type>(y), dy);
            model_.backward(w, part, tensor_view<const scalar_type>(y), tensor_view<const scalar_type>(dy),
                            tensor_view<scalar_type>(), sum, memory);
            return share;
        }
    }

    template <class Task>
    void run(std::size_t tasks, Task&& task) {
        if (tasks == 1)
            task(std::size_t{0});
        else
            options_.executor(tasks, task);
    }

    void require(std::span<const scalar_type> w, tensor_view<const input_type> x) const {
        if (x.extents() != batch_)
            geolip::detail::raise(shape_error("data_parallel: an input of shape " + to_string(x.extents()) +
                                              "; expected " + to_string(batch_) + ", the shape it was made for"));
        nn::require_input(model_, x);
        if (w.size() != nn::parameter_count(model_))
            geolip::detail::raise(shape_error("data_parallel: " + std::to_string(w.size()) +
                                              " parameters; the model has " +
                                              std::to_string(nn::parameter_count(model_))));
    }

    M model_;
    shape batch_;
    options options_;
    shape output_;
    std::size_t threads_ = 1;
    std::vector<worker> workers_;
    std::vector<aligned_memory<scalar_type>> gradients_;  // of shards 1, 2, …; shard 0 writes the caller's
    std::vector<double> losses_;
};

}  // namespace geolip::nn
