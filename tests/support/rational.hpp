// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `rational`: exact fractions of unlimited size, the truth that floating-point results are compared with. Plain
/// schoolbook arithmetic; fast enough for the determinants of 13 points.

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace geolip_test {

/// A natural number: limbs of 32 bits, least first, none of them zero at the top.
class natural {
public:
    natural() = default;
    explicit natural(std::uint64_t value) {
        for (; value != 0; value >>= 32) limb_.push_back(static_cast<std::uint32_t>(value));
    }

    bool is_zero() const { return limb_.empty(); }
    bool is_one() const { return limb_.size() == 1 && limb_[0] == 1; }

    std::size_t bits() const {
        return is_zero() ? 0 : 32 * limb_.size() - static_cast<std::size_t>(std::countl_zero(limb_.back()));
    }

    /// How often two divides it; 0 for zero.
    std::size_t twos() const {
        std::size_t i = 0;
        while (i < limb_.size() && limb_[i] == 0) ++i;
        return is_zero() ? 0 : 32 * i + static_cast<std::size_t>(std::countr_zero(limb_[i]));
    }

    friend bool operator==(const natural&, const natural&) = default;
    friend std::strong_ordering operator<=>(const natural& a, const natural& b) {
        if (a.limb_.size() != b.limb_.size()) return a.limb_.size() <=> b.limb_.size();
        return std::lexicographical_compare_three_way(a.limb_.rbegin(), a.limb_.rend(), b.limb_.rbegin(),
                                                      b.limb_.rend());
    }

    friend natural operator<<(const natural& a, std::size_t shift) {
        natural result;
        if (a.is_zero()) return result;
        result.limb_.assign(shift / 32, 0);
        std::uint64_t carry = 0;
        for (std::uint32_t limb : a.limb_) {
            carry |= static_cast<std::uint64_t>(limb) << (shift % 32);
            result.limb_.push_back(static_cast<std::uint32_t>(carry));
            carry >>= 32;
        }
        result.limb_.push_back(static_cast<std::uint32_t>(carry));
        return result.trimmed();
    }

    friend natural operator>>(const natural& a, std::size_t shift) {
        natural result;
        for (std::size_t i = shift / 32; i < a.limb_.size(); ++i) {
            const std::uint64_t high = i + 1 < a.limb_.size() ? a.limb_[i + 1] : 0;
            result.limb_.push_back(static_cast<std::uint32_t>(((high << 32) | a.limb_[i]) >> (shift % 32)));
        }
        return result.trimmed();
    }

    friend natural operator+(const natural& a, const natural& b) {
        if (a.limb_.size() < b.limb_.size()) return b + a;
        natural result;
        std::uint64_t carry = 0;
        for (std::size_t i = 0; i < a.limb_.size(); ++i) {
            carry += std::uint64_t{a.limb_[i]} + (i < b.limb_.size() ? b.limb_[i] : 0);
            result.limb_.push_back(static_cast<std::uint32_t>(carry));
            carry >>= 32;
        }
        result.limb_.push_back(static_cast<std::uint32_t>(carry));
        return result.trimmed();
    }

    /// a − b for a ≥ b.
    friend natural operator-(const natural& a, const natural& b) {
        natural result;
        std::int64_t borrow = 0;
        for (std::size_t i = 0; i < a.limb_.size(); ++i) {
            borrow += std::int64_t{a.limb_[i]} - (i < b.limb_.size() ? std::int64_t{b.limb_[i]} : 0);
            result.limb_.push_back(static_cast<std::uint32_t>(borrow));
            borrow >>= 32;
        }
        return result.trimmed();
    }

    friend natural operator*(const natural& a, const natural& b) {
        natural result;
        result.limb_.assign(a.limb_.size() + b.limb_.size(), 0);
        for (std::size_t i = 0; i < a.limb_.size(); ++i) {
            std::uint64_t carry = 0;
            for (std::size_t j = 0; j < b.limb_.size(); ++j) {
                carry += std::uint64_t{a.limb_[i]} * b.limb_[j] + result.limb_[i + j];
                result.limb_[i + j] = static_cast<std::uint32_t>(carry);
                carry >>= 32;
            }
            result.limb_[i + b.limb_.size()] = static_cast<std::uint32_t>(carry);
        }
        return result.trimmed();
    }

    /// Quotient and remainder, by long division (D. Knuth, The Art of Computer Programming 2, algorithm 4.3.1 D).
    static std::pair<natural, natural> divide(const natural& a, const natural& b) {
        if (a < b) return {natural(), a};
        const auto shift = static_cast<std::size_t>(std::countl_zero(b.limb_.back()));
        natural remainder = a << shift;
        const natural divisor = b << shift;
        const std::size_t n = divisor.limb_.size();
        remainder.limb_.resize(std::max(remainder.limb_.size(), a.limb_.size()) + 1, 0);
        natural quotient;
        quotient.limb_.assign(remainder.limb_.size() - n, 0);
        const std::uint64_t top = divisor.limb_[n - 1];
        for (std::size_t i = quotient.limb_.size(); i-- > 0;) {
            const std::uint64_t head = (std::uint64_t{remainder.limb_[i + n]} << 32) | remainder.limb_[i + n - 1];
            std::uint64_t digit = std::min(head / top, std::uint64_t{0xffffffff});
            std::int64_t borrow = 0;
            std::uint64_t carry = 0;
            for (std::size_t j = 0; j < n; ++j) {
                carry += digit * divisor.limb_[j];
                borrow += std::int64_t{remainder.limb_[i + j]} - static_cast<std::int64_t>(carry & 0xffffffff);
                remainder.limb_[i + j] = static_cast<std::uint32_t>(borrow);
                borrow >>= 32;
                carry >>= 32;
            }
            borrow += std::int64_t{remainder.limb_[i + n]} - static_cast<std::int64_t>(carry);
            remainder.limb_[i + n] = static_cast<std::uint32_t>(borrow);
            for (; (borrow >> 32) != 0; --digit) {
                std::uint64_t sum = 0;
                for (std::size_t j = 0; j < n; ++j) {
                    sum += std::uint64_t{remainder.limb_[i + j]} + divisor.limb_[j];
                    remainder.limb_[i + j] = static_cast<std::uint32_t>(sum);
                    sum >>= 32;
                }
                sum += remainder.limb_[i + n];
                remainder.limb_[i + n] = static_cast<std::uint32_t>(sum);
                if ((sum >> 32) != 0) borrow = 0;
            }
            quotient.limb_[i] = static_cast<std::uint32_t>(digit);
        }
        return {quotient.trimmed(), remainder.trimmed() >> shift};
    }

    /// Greatest common divisor.
    static natural gcd(natural a, natural b) {
        if (a.is_zero()) return b;
        if (b.is_zero()) return a;
        const std::size_t twos = std::min(a.twos(), b.twos());
        a = a >> a.twos();
        b = b >> b.twos();
        while (!b.is_zero()) {
            if (a.is_one() || b.is_one()) return natural(1) << twos;
            a = divide(a, b).second;
            std::swap(a, b);
        }
        return a << twos;
    }

    /// The value times 2^exponent, rounded.
    long double scaled(int exponent) const {
        const std::size_t drop = bits() > 96 ? bits() - 96 : 0;
        const natural leading = *this >> drop;
        long double value = 0;
        for (std::size_t i = leading.limb_.size(); i-- > 0;) value = value * 0x1p32L + leading.limb_[i];
        return std::ldexp(value, exponent + static_cast<int>(drop));
    }

private:
    natural& trimmed() {
        while (!limb_.empty() && limb_.back() == 0) limb_.pop_back();
        return *this;
    }

    std::vector<std::uint32_t> limb_;
};

/// An exact fraction in lowest terms. A `geolip::field`.
class rational {
public:
    rational() = default;
    explicit rational(int value) : rational(static_cast<long double>(value)) {}

    /// The exact value of a finite floating-point number.
    template <std::floating_point T>
    explicit rational(T value) : negative_(value < 0) {
        int exponent = 0;
        const long double fraction = std::frexp(std::fabs(static_cast<long double>(value)), &exponent);
        const auto high = static_cast<std::uint64_t>(std::ldexp(fraction, 64));
        const auto low =
            static_cast<std::uint64_t>(std::ldexp(std::ldexp(fraction, 64) - static_cast<long double>(high), 64));
        numerator_ = (natural(high) << 64) + natural(low);
        exponent -= 128;
        if (exponent >= 0) numerator_ = numerator_ << static_cast<std::size_t>(exponent);
        if (exponent < 0) denominator_ = natural(1) << static_cast<std::size_t>(-exponent);
        reduce();
    }

    explicit operator long double() const {
        const int shift = static_cast<int>(numerator_.bits()) - static_cast<int>(denominator_.bits());
        const long double magnitude = numerator_.scaled(-static_cast<int>(numerator_.bits())) /
                                      denominator_.scaled(-static_cast<int>(denominator_.bits()));
        return std::ldexp(negative_ ? -magnitude : magnitude, shift);
    }
    explicit operator double() const { return static_cast<double>(static_cast<long double>(*this)); }

    friend bool operator==(const rational&, const rational&) = default;
    friend bool operator<(const rational& a, const rational& b) { return (a - b).negative_; }

    friend rational operator-(rational a) {
        a.negative_ = !a.negative_ && !a.numerator_.is_zero();
        return a;
    }
    friend rational operator+(const rational& a, const rational& b) {
        const natural left = a.numerator_ * b.denominator_;
        const natural right = b.numerator_ * a.denominator_;
        if (a.negative_ == b.negative_) return {a.negative_, left + right, a.denominator_ * b.denominator_};
        if (left < right) return {b.negative_, right - left, a.denominator_ * b.denominator_};
        return {a.negative_, left - right, a.denominator_ * b.denominator_};
    }
    friend rational operator-(const rational& a, const rational& b) { return a + -b; }
    friend rational operator*(const rational& a, const rational& b) {
        return {a.negative_ != b.negative_, a.numerator_ * b.numerator_, a.denominator_ * b.denominator_};
    }
    friend rational operator/(const rational& a, const rational& b) {
        return {a.negative_ != b.negative_, a.numerator_ * b.denominator_, a.denominator_ * b.numerator_};
    }

private:
    rational(bool negative, natural numerator, natural denominator)
        : negative_(negative), numerator_(std::move(numerator)), denominator_(std::move(denominator)) {
        reduce();
    }

    void reduce() {
        if (numerator_.is_zero()) {
            negative_ = false;
            denominator_ = natural(1);
        } else if (!denominator_.is_one()) {
            const natural common = natural::gcd(numerator_, denominator_);
            if (common.is_one()) return;
            numerator_ = natural::divide(numerator_, common).first;
            denominator_ = natural::divide(denominator_, common).first;
        }
    }

    bool negative_ = false;
    natural numerator_;
    natural denominator_{1};
};

}  // namespace geolip_test

/// Tells the library that one pass is enough.
template <>
struct std::numeric_limits<geolip_test::rational> {
    static constexpr bool is_specialized = true;
    static constexpr bool is_exact = true;
};
