// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/checkpoint/catalogue.hpp"
#include "support/catalogue.hpp"
#include "support/safetensors.hpp"

using namespace geolip::checkpoint;
using namespace geolip_test;

namespace {

using table = std::vector<tensor_info>;
using nlohmann::json;

bool fits(std::string_view pattern, std::string_view name, std::size_t layer = 999) {
    detail::name_numbers numbers;
    return detail::matches(pattern, name, numbers) && numbers.layer.value_or(999) == layer;
}

std::string refusal(const json& document) {
    return message_of<geolip::usage_error>([&] { static_cast<void>(parse_catalogue_mapping(document)); });
}

}  // namespace

TEST_CASE("patterns: text, stars and numbers") {
    CHECK(fits("", ""));
    CHECK(fits("a.b", "a.b"));
    CHECK(!fits("a.b", "a.bc"));
    CHECK(!fits("a.bc", "a.b"));
    CHECK(fits("*", ""));
    CHECK(fits("*", "any.thing"));
    CHECK(fits("a*", "a"));
    CHECK(fits("*.weight", "a.weight.weight"));
    CHECK(!fits("*.weight", "a.weight.bias"));
    CHECK(fits("a*b*c", "aXbbYbc"));
    CHECK(fits("a**c", "abc"));
    CHECK(!fits("a*b*c", "acb"));
    CHECK(fits("layers.{layer}.wq", "layers.12.wq", 12));
    CHECK(fits("{layer}", "0", 0));
    CHECK(fits("*.{layer}.wq", "a.1.b.23.wq", 23));
    CHECK(fits("*{layer}*", "ab12c3", 12));
    CHECK(fits("*{layer}", "a12", 12));  // not 2
    CHECK(!fits("layers.{layer}.wq", "layers..wq"));
    CHECK(!fits("layers.{layer}.wq", "layers.-1.wq"));
    CHECK(!fits("layers.{layer}.wq", "layers.007.wq"));  // 7 has one spelling
    CHECK(fits("layers.{layer}.wq", "layers.999999999.wq", 999999999));
    CHECK(!fits("layers.{layer}.wq", "layers.1000000000.wq"));
    CHECK(!fits("layers.{layer}.wq", "layers.99999999999999999999.wq"));
}

TEST_CASE("a user's mapping decides alone") {
    const json document = {{"architecture", "mine"},
                           {"heads", 2},
                           {"head_dim", 4},
                           {"rules",
                            {{{"pattern", "*.scratch.*"}, {"reason", "left over"}},
                             {{"pattern", "b.{layer}.qkv"},
                              {"role", "fused_qkv"},
                              {"side", "decoder"},
                              {"attention", "self"},
                              {"orientation", "in_out"}},
                             {{"pattern", "b.{layer}.glu"}, {"role", "fused_gate_up"}},
                             {{"pattern", "b.{layer}.*"}, {"role", "projection"}}}}};
    const table tensors = {info("b.3.qkv", {8, 24}),      info("b.3.glu", {12, 8}),
                           info("b.3.else", {8, 8}),      info("a.scratch.q_proj.weight", {2, 2}),
                           info("q_proj.weight", {8, 8}), info("b.3.vector", {8})};
    const catalogue_mapping mapping = parse_catalogue_mapping(document);
    const catalogue c = make_catalogue(tensors, nullptr, &mapping);
    CHECK(c.architecture.name == "mine");
    CHECK(c.architecture.evidence == "the user's mapping");
    CHECK(is_sound(c, tensors));
    const catalogue_entry& v = entry_of(c, "b.3.qkv", tensor_role::value);
    CHECK(v.side == tensor_side::decoder);
    CHECK(v.attention == attention_kind::self);
    CHECK(v.layer == 3u);
    CHECK(v.outputs == strided_range{16, 8, 8, 1});
    CHECK(head_slice(v, 1) == matrix_slice{true, 20, 4});
    CHECK(entry_of(c, "b.3.glu", tensor_role::mlp_up).outputs == strided_range{6, 6, 6, 1});
    CHECK(entry_of(c, "b.3.else", tensor_role::projection).measured());
    CHECK(entries_of(c, "a.scratch.q_proj.weight").front().reason == "left over");
    CHECK(entries_of(c, "q_proj.weight").front().reason == "no rule of the mapping fits its name");
    CHECK(entries_of(c, "b.3.vector").front().reason == "a tensor of rank 1 where a matrix is expected");
}

TEST_CASE("a mapping that is not understood is refused, with the place") {
    const auto with_rule = [](const json& rule) { return json{{"rules", json::array({rule})}}; };
    const json good = {{"pattern", "a"}, {"role", "key"}};
    CHECK(refusal(with_rule(good)).empty());
    CHECK(refusal(json::array()) == "the mapping: it is array; expected an object");
    CHECK(refusal(json::object()).starts_with("the mapping: \"rules\" is missing or no list of rules; expected "));
    CHECK(refusal({{"rules", json::array()}}).starts_with("the mapping: \"rules\" is missing"));
    CHECK(refusal({{"rules", {good, 7}}}) == "rule 2 of the mapping: it is number; expected an object");
    CHECK(refusal({{"rules", {good}}, {"head", 2}}) ==
          "the mapping: unknown key 'head'; expected one of architecture, rules, heads, kv_heads, head_dim");
    CHECK(refusal({{"rules", {good}}, {"heads", -2}}) ==
          "the mapping: \"heads\" is no count; expected a whole number from 1 to 1000000");
    CHECK(refusal({{"rules", {good}}, {"heads", 2.5}}).starts_with("the mapping: \"heads\" is no count"));
    CHECK(refusal({{"rules", {good}}, {"architecture", ""}}).starts_with("the mapping: \"architecture\" is no text"));
    CHECK(refusal(with_rule({{"role", "key"}})) ==
          "rule 1 of the mapping: \"pattern\" is missing; expected it, a text");
    CHECK(refusal(with_rule({{"pattern", "a"}})).starts_with("rule 1 of the mapping: \"role\" is missing"));
    CHECK(refusal(with_rule({{"pattern", "a"}, {"role", "qery\x1b"}}))
              .starts_with("rule 1 of the mapping: unknown role 'qery\\u001b'; expected one of embedding, "));
    CHECK(refusal(with_rule({{"pattern", "a"}, {"role", "key"}, {"side", "left"}})) ==
          "rule 1 of the mapping: unknown side 'left'; expected one of none, encoder, decoder, visual, text");
    CHECK(refusal(with_rule({{"pattern", "a"}, {"role", "key"}, {"layer", 3}}))
              .starts_with("rule 1 of the mapping: unknown key 'layer'"));
    for (const char* pattern : {"{layer}.{layer}", "{block}", "a}", "{", "{layer"})
        CHECK(refusal(with_rule({{"pattern", pattern}, {"role", "key"}})).find("has braces that are not one {layer}") !=
              std::string::npos);
}
