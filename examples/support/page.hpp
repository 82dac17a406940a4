// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One HTML page that needs nothing else: its style inside, allowed by its hash alone, no script, no address.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/core/sha256.hpp"
#include "geolip/core/text.hpp"
#include "support/html.hpp"
#include "support/png.hpp"

namespace examples {

namespace detail {

struct rgb {
    double r, g, b;
};
inline std::string mixed(rgb a, rgb b, double part) {
    const auto one = [&](double x, double y) {
        return geolip::detail::hexadecimal(static_cast<std::uint64_t>(std::lround(x + part * (y - x))), 2);
    };
    return '#' + one(a.r, b.r) + one(a.g, b.g) + one(a.b, b.b);
}

/// The colours of one theme: h0 to h20 from negative over nothing to positive, d0 to d7 from the first to the last
/// layer.
inline std::string ramps(rgb negative, rgb nothing, rgb positive, rgb first, rgb last) {
    std::string out;
    for (int i = 0; i < 21; ++i)
        out += "--h" + std::to_string(i) + ':' +
               (i < 10 ? mixed(negative, nothing, i / 10.0) : mixed(nothing, positive, (i - 10) / 10.0)) + ';';
    for (int i = 0; i < 8; ++i) out += "--d" + std::to_string(i) + ':' + mixed(first, last, i / 7.0) + ';';
    return out;
}

inline std::string page_style() {
    const std::string light =
        "--ink:#1d2430;--soft:#5a6473;--back:#fff;--panel:#f5f6f8;--rule:#d5d9e0;--m:#0a5fc2;--n:#c06a00;--v:#8a2f9e;--"
        "k:#8a8f99;"
        "--zone:#0a5fc214;" +
        ramps({178, 88, 6}, {247, 247, 247}, {10, 80, 170}, {158, 202, 240}, {8, 48, 107});
    const std::string dark =
        "--ink:#e7eaf0;--soft:#a3acba;--back:#14171c;--panel:#1c2027;--rule:#363d48;--m:#6db3ff;--n:#f2a444;--v:#"
        "d59be0;--k:#7d8592;"
        "--zone:#6db3ff1f;" +
        ramps({242, 164, 68}, {43, 48, 57}, {109, 179, 255}, {46, 86, 130}, {205, 229, 255});
    std::string out =
        ":root{" + light + "color-scheme:light dark}@media screen and (prefers-color-scheme:dark){:root{" + dark + "}}";
    out +=
        "*{box-sizing:border-box}"
        "body{margin:0 auto;max-width:72rem;padding:1.5rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);"
        "background:var(--back)}"
        "h1{font-size:1.6rem;margin:0 0 .3rem;overflow-wrap:anywhere}"
        "h2{font-size:1.2rem;margin:2.4rem 0 .3rem;padding-top:.6rem;border-top:1px solid var(--rule)}"
        "h3{font-size:1rem;margin:1.4rem 0 .2rem}p{margin:.3rem 0 .6rem;max-width:60rem}"
        "nav ul{padding:0;margin:.8rem 0;list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem}"
        "a{color:var(--m)}bdi{overflow-wrap:anywhere}"
        ".wide{overflow-x:auto;margin:.5rem 0}"
        "table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}"
        "th,td{padding:.16rem .6rem;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}"
        "td,th{white-space:nowrap}th{color:var(--soft);font-weight:600}.l{text-align:left}"
        "td.l{white-space:normal;min-width:7rem}td.l:first-child{min-width:15rem}"
        ".hash{font-family:ui-monospace,monospace;font-size:11px;overflow-wrap:anywhere}"
        "summary{cursor:pointer;color:var(--soft);font-size:13px}"
        ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:.8rem}"
        "figure{margin:0;background:var(--panel);border-radius:6px;padding:.6rem .7rem .3rem;break-inside:avoid}"
        "figcaption{font-size:13px;font-weight:600;margin-bottom:.2rem}"
        "figcaption small{display:block;font-weight:400;font-size:12px;color:var(--soft)}"
        ".key{font-size:13px;color:var(--soft);display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.2rem 0 .6rem}"
        ".wide figure{min-width:54rem}.key svg{width:26px;height:12px;vertical-align:-1px;margin-right:.35rem}"
        "svg{display:block;width:100%;height:auto;font-size:110px}.wide figure{min-width:54rem}.key "
        "svg{display:inline-block}"
        "text{fill:var(--ink);font-family:system-ui,sans-serif}.c{text-anchor:middle}.e{text-anchor:end}"
        ".f{font-weight:600}"
        "path{fill:none}.x{stroke:var(--soft);stroke-width:10}.g{stroke:var(--rule);stroke-width:8}"
        ".w{stroke-width:17;stroke-linejoin:round}.o{stroke-width:62;stroke-linecap:round}"
        ".m{stroke:var(--m)}.v{stroke:var(--v)}.n{stroke:var(--n);stroke-dasharray:70 "
        "45}.k{stroke:var(--k);stroke-width:12}"
        ".nb{stroke:var(--n);stroke-width:24}.nt{stroke:var(--n);stroke-width:26}"
        ".a.m{fill:var(--m);fill-opacity:.35;stroke-width:10}"
        ".a.n{fill:var(--n);fill-opacity:.22;stroke:none}.zone{fill:var(--zone)}.hx{fill:var(--k);fill-opacity:.3}";
    for (int i = 0; i < 21; ++i) out += ".h" + std::to_string(i) + "{fill:var(--h" + std::to_string(i) + ")}";
    for (int i = 0; i < 8; ++i) out += ".d" + std::to_string(i) + "{stroke:var(--d" + std::to_string(i) + ")}";
    // Everything on paper is in the light colours.
    out +=
        "@media print{body{max-width:none;padding:0;font-size:11px}.grid{grid-template-columns:repeat(3,1fr)}"
        "nav{display:none}h2,h3{break-after:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";
    return out;
}

}  // namespace detail

/// Sections in order, each under a heading that the list of contents names.
class page {
public:
    /// Content is HTML; a section without any is left out.
    void section(std::string_view heading, std::string content) {
        if (!content.empty()) sections_.push_back({std::string(heading), std::move(content)});
    }

    /// `title` is text of a stranger's making; `lead` is HTML.
    std::string text(std::string_view title, std::string_view lead) const {
        const std::string style = detail::page_style();
        geolip::sha256 hash;
        hash.add(style);
        const auto digest = hash.result();
        const std::string bytes(digest.begin(), digest.end());
        std::string out =
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-" +
            base64(bytes) +
            "'; base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
            html_text(geolip::escaped(title)) + "</title>\n<style>" + style +
            "</style>\n</head>\n<body>\n<header>\n<h1>" + html_name(title) + "</h1>\n" + std::string(lead) +
            "</header>\n<nav aria-label=\"Contents\"><ul>\n";
        for (std::size_t i = 0; i < sections_.size(); ++i)
            out += "<li><a href=\"#s" + std::to_string(i) + "\">" + html_text(sections_[i].first) + "</a></li>\n";
        out += "</ul></nav>\n<main>\n";
        for (std::size_t i = 0; i < sections_.size(); ++i)
            out += "<section aria-labelledby=\"s" + std::to_string(i) + "\">\n<h2 id=\"s" + std::to_string(i) + "\">" +
                   html_text(sections_[i].first) + "</h2>\n" + sections_[i].second + "</section>\n";
        return out + "</main>\n</body>\n</html>\n";
    }

private:
    std::vector<std::pair<std::string, std::string>> sections_;
};

}  // namespace examples
