// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The JSON document of `probe` as its page reads it: groups of entries, optional numbers, figures with captions.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/figure.hpp"
#include "support/html.hpp"
#include "support/probe_place.hpp"

namespace examples::probe {

using json = nlohmann::ordered_json;

/// A key of an object, or the number of an element.
struct step {
    const char* key = nullptr;
    std::size_t number = 0;
    step(const char* k) : key(k) {}     // NOLINT(google-explicit-constructor): a path is a list of both
    step(std::size_t n) : number(n) {}  // NOLINT(google-explicit-constructor): likewise
};
/// The number at a path of keys; empty for null and for what is not there.
inline std::optional<double> number_at(const json& x, std::initializer_list<step> path) {
    const json* here = &x;
    for (const step& s : path) {
        if (s.key != nullptr) {
            const auto found = here->find(s.key);
            if (found == here->end()) return std::nullopt;
            here = &*found;
        } else {
            if (!here->is_array() || s.number >= here->size()) return std::nullopt;
            here = &(*here)[s.number];
        }
    }
    return here->is_number() ? std::optional(here->get<double>()) : std::nullopt;
}
template <class... Keys>
std::optional<double> number_at(const json& x, Keys... keys) {
    return number_at(x, {step(keys)...});
}
inline std::string readable_at(const std::optional<double>& x) { return x ? readable(*x) : std::string(); }
inline std::string text_at(const json& x, const char* key) {
    const auto found = x.find(key);
    return found != x.end() && found->is_string() ? found->get<std::string>() : std::string();
}
inline std::string z_cell(const std::optional<double>& z) { return z ? geolip::sweep::fixed(*z, 1) : std::string(); }
/// A null: mean and standard deviation.
inline std::string null_cell(const json& null) {
    const auto value = number_at(null, "value"), sd = number_at(null, "sd");
    if (!value || !sd || !(*sd > 0)) return readable_at(value);
    if (*value == 0) return "0 \u00b1 " + readable(*sd, 2);
    // To the second digit of the deviation.
    const int decimals = std::max(0, 1 - static_cast<int>(std::floor(std::log10(*sd))));
    if (decimals > 5 || *value >= 1e6) return readable(*value) + " \u00b1 " + readable(*sd, 2);
    return geolip::sweep::fixed(*value, decimals) + " \u00b1 " + geolip::sweep::fixed(*sd, decimals);
}

/// A place without the number of its layer.
inline std::string group_of_place(const json& line) {
    std::string place = text_at(line, "place");
    if (const auto layer = number_at(line, "layer")) {
        const std::string tail = ' ' + readable(*layer);
        if (place.ends_with(tail)) place.resize(place.size() - tail.size());
    }
    return place;
}

/// Lines of the document, in the order of their layers; `places` are where they stand along an axis.
struct line_group {
    std::string name;
    std::vector<const json*> lines;
    std::vector<double> places;
    bool by_layer = true;  ///< places are layers, else numbers in order
    std::string axis() const { return by_layer ? "layer" : "matrix, in order of layers"; }
};

/// `list` by `name(line)`: in the order of the groups of the document, then in that in which names first come.
inline std::vector<line_group> grouped(const json& document, const std::vector<const json*>& list,
                                       std::string (*name)(const json&)) {
    std::vector<line_group> groups;
    std::map<std::string, std::size_t> known;
    if (const auto order = document.find("groups"); order != document.end())
        for (const json& g : *order)
            if (known.emplace(text_at(g, "group"), groups.size()).second)
                groups.push_back({text_at(g, "group"), {}, {}});
    for (const json* line : list) {
        const auto [place, fresh] = known.emplace(name(*line), groups.size());
        if (fresh) groups.push_back({place->first, {}, {}});
        groups[place->second].lines.push_back(line);
    }
    std::erase_if(groups, [](const line_group& g) { return g.lines.empty(); });
    for (line_group& g : groups) {
        std::ranges::stable_sort(g.lines, {}, [](const json* x) { return number_at(*x, "layer").value_or(-1); });
        std::set<double> layers;
        for (const json* line : g.lines)
            if (const auto layer = number_at(*line, "layer")) layers.insert(*layer);
        g.by_layer = layers.size() == g.lines.size();
        for (std::size_t i = 0; i < g.lines.size(); ++i)
            g.places.push_back(g.by_layer ? *number_at(*g.lines[i], "layer") : static_cast<double>(i));
    }
    return groups;
}
inline std::vector<const json*> lines_of(const json& document, const char* section) {
    std::vector<const json*> out;
    if (const auto found = document.find(section); found != document.end() && found->is_array())
        for (const json& line : *found) out.push_back(&line);
    return out;
}

/// Pictures with running numbers.
class figures {
public:
    /// `caption` is HTML, `small` below it as well.
    template <class Picture>
    std::string operator()(Picture&& picture, const std::string& title, const std::string& description,
                           const std::string& small = "") {
        return "<figure><figcaption>" + html_text(title) + (small.empty() ? "" : "<small>" + small + "</small>") +
               "</figcaption>\n" + picture.svg(++count_, title, description) + "</figure>\n";
    }
    std::size_t next() { return ++count_; }

private:
    std::size_t count_ = 0;
};

/// At most `most` of n things, evenly, both ends among them.
inline std::vector<std::size_t> some_of(std::size_t n, std::size_t most) {
    std::vector<std::size_t> out(std::min(n, most));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = out.size() < 2 ? 0 : i * (n - 1) / (out.size() - 1);
    return out;
}
inline std::string depth_class(std::size_t i, std::size_t n) {
    return 'd' + std::to_string(n < 2 ? 7 : i * 7 / (n - 1));
}

/// Points of a curve of the document by share: (at, values) or (at, null).
inline std::vector<point> curve_points(const json& curve, const char* what, double least = -1e300) {
    std::vector<point> out;
    if (!curve.is_object() || !curve.contains(what)) return out;
    const json &at = curve["at"], &values = curve[what];
    const double last = at.empty() ? 1 : std::max(1.0, at.back().get<double>());
    for (std::size_t i = 0; i < std::min(at.size(), values.size()); ++i)
        if (values[i].is_number())
            out.push_back({at[i].get<double>() / last, std::max(least, values[i].get<double>())});
    return out;
}

/// A figure of each line of a group along its places, over the band of its null: mean and two standard deviations.
inline chart along_layers(const line_group& g, std::string what, bool logarithmic,
                          const std::function<std::optional<double>(const json&)>& value,
                          const std::function<const json*(const json&)>& null) {
    chart c;
    c.x.label = g.axis(), c.x.whole = true;
    c.y.label = std::move(what), c.y.logarithmic = logarithmic;
    if (!logarithmic) c.y.show(0);
    std::vector<point> measured, low, high, mean;
    for (std::size_t i = 0; i < g.lines.size(); ++i) {
        if (const std::optional<double> v = value(*g.lines[i])) measured.push_back({g.places[i], *v});
        const json* n = null(*g.lines[i]);
        const auto centre = n == nullptr ? std::nullopt : number_at(*n, "value");
        if (!centre) continue;
        const double sd = number_at(*n, "sd").value_or(0);
        mean.push_back({g.places[i], *centre});
        low.push_back({g.places[i], logarithmic ? std::max(*centre - 2 * sd, *centre / 4) : *centre - 2 * sd});
        high.push_back({g.places[i], *centre + 2 * sd});
    }
    if (mean.size() > 1) c.band(low, high, "n");
    if (mean.size() > 1) c.line(mean, "n");
    c.line(measured, "m");
    c.dots(measured, "m");
    return c;
}

/// An entry of a legend: a line or a field of a class of the style, and its meaning.
inline std::string key_line(std::string_view classes, std::string_view meaning) {
    return "<span><svg viewBox=\"0 0 260 120\" aria-hidden=\"true\"><path class=\"w " + std::string(classes) +
           "\" d=\"M0 60h260\"/></svg>" + html_text(meaning) + "</span>\n";
}
inline std::string key_area(std::string_view classes, std::string_view meaning) {
    return "<span><svg viewBox=\"0 0 260 120\" aria-hidden=\"true\"><path class=\"a " + std::string(classes) +
           "\" d=\"M0 5h260v110h-260z\"/></svg>" + html_text(meaning) + "</span>\n";
}
inline std::string key_of_depth() {
    std::string out = "<span><svg viewBox=\"0 0 260 120\" aria-hidden=\"true\">";
    for (std::size_t i = 0; i < 8; ++i)
        out += "<path class=\"w d" + std::to_string(i) + "\" d=\"M" + std::to_string(i * 32) + " 60h32\"/>";
    return out + "</svg>layers, the first to the last</span>\n";
}
inline std::string legend(const std::vector<std::string>& parts) {
    std::string out = "<div class=\"key\">\n";
    for (const std::string& p : parts) out += p;
    return out + "</div>\n";
}

}  // namespace examples::probe
