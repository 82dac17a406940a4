// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/checkpoint/vocabulary.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "fixtures/sentencepiece.hpp"
#include "support/temporary_folder.hpp"

namespace cp = geolip::checkpoint;

namespace {

const std::set<std::string> wanted{"cat", "\u2581cat", "0", "dog"};

std::filesystem::path write(const temporary_folder& folder, const char* name, const std::string& text) {
    const std::filesystem::path path = folder / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

void refused(const std::filesystem::path& path, const std::string& part) {
    try {
        cp::read_vocabulary(path, wanted);
        FAIL("it was read: " << part);
    } catch (const geolip::file_error& e) {
        CAPTURE(e.what());
        CHECK(std::string(e.what()).find(part) != std::string::npos);
        CHECK(std::string(e.what()).find('\n') == std::string::npos);
    }
}

}  // namespace

TEST_CASE("the numbers of wanted tokens, in each form") {
    const temporary_folder folder;
    // Of BPE and WordPiece an object; other parts of the document have keys and lists of the same names.
    const auto object = write(folder, "tokenizer.json",
                              R"({"added_tokens": [{"id": 9, "content": "dog", "vocab": {"cat": 77}}],
                                  "vocab": {"cat": 66}, "pre": {"vocab": {"cat": 55}},
                                  "model": {"type": "BPE", "merges": [["a", "b"], "c d"], "x": {"vocab": {"0": 8}},
                                            "vocab": {"a": 0, "0": 3, "b": 6, "\u2581cat": 4}, "more": [{"cat": 1}]}})");
    auto v = cp::read_vocabulary(object, wanted);
    CHECK(v.size == 7);
    CHECK(v.numbers.size() == 2);
    CHECK(v.number("0") == 3);
    CHECK(v.number("\u2581cat") == 4);
    CHECK(!v.number("cat"));
    CHECK(!v.number("b"));
    // Of unigram models a list.
    const auto list =
        write(folder, "tokenizer.json",
              R"({"model": {"vocab": [["<pad>", 0.0], ["cat", -2.5], ["0", -3, ["dog"]], ["c", -1e2]]}})");
    v = cp::read_vocabulary(list, wanted);
    CHECK(v.size == 4);
    CHECK(v.number("cat") == 1);
    CHECK(v.number("0") == 2);
    CHECK(!v.number("dog"));
    v = cp::read_vocabulary(write(folder, "vocab.json", R"({"cat": 12, "other": 40})"), wanted);
    CHECK(v.size == 41);
    CHECK(v.number("cat") == 12);
    v = cp::read_vocabulary(write(folder, "vocab.txt", "[PAD]\r\ncat\r\n0\nlast"), wanted);
    CHECK(v.size == 4);
    CHECK(v.number("cat") == 1);
    CHECK(v.number("0") == 2);
    CHECK(cp::read_vocabulary(write(folder, "vocab.txt", ""), wanted).size == 0);
    CHECK(cp::read_vocabulary(write(folder, "vocab.json", "[1, 2]"), wanted).size == 0);
    CHECK(cp::read_vocabulary(write(folder, "tokenizer.json", R"({"model": {"vocab": 3}})"), wanted).size == 0);
}

TEST_CASE("the pieces of a SentencePiece model have the numbers that its library gives them") {
    const temporary_folder folder;
    const std::string model(fixtures::sentencepiece_model, sizeof fixtures::sentencepiece_model - 1);
    const std::set<std::string> all(fixtures::pieces.begin(), fixtures::pieces.end());
    const auto v = cp::read_vocabulary(write(folder, "spiece.model", model), all);
    CHECK(v.size == fixtures::pieces.size());
    CHECK(v.numbers.size() == all.size());
    for (std::size_t i = 0; i < fixtures::pieces.size(); ++i) CHECK(v.number(fixtures::pieces[i]) == i);
    CHECK(cp::find_vocabulary(folder / "")->filename() == "spiece.model");
    // Any beginning of it is either some of the pieces or refused, and never read past its end.
    std::size_t refusals = 0;
    for (std::size_t size = 0; size < model.size(); ++size) {
        const auto path = write(folder, "cut.model", model.substr(0, size));
        try {
            const std::size_t pieces = cp::read_vocabulary(path, all).size;
            CHECK(pieces <= v.size);
        } catch (const geolip::file_error&) {
            ++refusals;
        }
    }
    CHECK(refusals > model.size() / 2);
}

TEST_CASE("damaged SentencePiece models") {
    const temporary_folder folder;
    const auto model = [&](const std::string& bytes) { return write(folder, "tokenizer.model", bytes); };
    refused(model("\x0a\x05\x0a\x03"
                  "cat"
                  "\x0a\x05\x0a\x03"
                  "cat"),
            "stands there twice");
    refused(model("\x0a\x05\x0a\x03"
                  "cat"
                  "\x0a\x02\x08\x01"),
            "piece 1 is damaged");
    refused(model("\x0a\x05\x0a\x04"
                  "cat"),
            "piece 0 is damaged");
    refused(model("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "at byte 10");
    refused(model(std::string(20, '\xff')), "cut off");
    refused(model(std::string("\x00\x01", 2)), "no protocol buffer");
    refused(model("\x0b"), "no protocol buffer");
    CHECK(cp::read_vocabulary(model("\x10\x05\x1d"
                                    "abcd"
                                    "\x21"
                                    "abcdefgh"
                                    "\x0a\x05\x0a\x03"
                                    "cat"),
                              wanted)
              .size == 1);
    CHECK(cp::read_vocabulary(model(""), wanted).size == 0);
}

TEST_CASE("where a vocabulary is found") {
    const temporary_folder folder;
    for (const char* name : {"unet", "text_encoder", "text_encoder_2"})
        std::filesystem::create_directories(folder / name);
    CHECK(!cp::find_vocabulary(folder / "text_encoder"));
    write(folder, "tokenizer/vocab.json", "{}");
    write(folder, "tokenizer_2/tokenizer.json", "{}");
    CHECK(cp::find_vocabulary(folder / "text_encoder")->filename() == "vocab.json");
    CHECK(cp::find_vocabulary(folder / "text_encoder_2/")->filename() == "tokenizer.json");
    CHECK(!cp::find_vocabulary(folder / "unet"));
    CHECK(cp::find_vocabulary(folder / "")->filename() == "vocab.json");
    write(folder, "vocab.txt", "a");
    CHECK(cp::find_vocabulary(folder / "")->filename() == "vocab.txt");
    write(folder, "tokenizer.json", "{}");
    CHECK(cp::find_vocabulary(folder / "")->filename() == "tokenizer.json");
}

TEST_CASE("what is damaged or contradicts itself is refused") {
    const temporary_folder folder;
    const auto model = [&](const std::string& vocabulary) {
        return write(folder, "tokenizer.json", R"({"model": {"vocab": )" + vocabulary + "}}");
    };
    refused(folder / "tokenizer.json", "cannot open");
    refused(write(folder, "tokenizer.json", R"({"model": {"vocab": {"cat": 1)"), "cut off");
    refused(write(folder, "tokenizer.json", ""), "cut off");
    refused(write(folder, "tokenizer.json", R"({"model": 1} x)"), "no JSON document at byte");
    refused(write(folder, "vocab.json", std::string("{\"a\": 1}\0", 9)), "NUL");
    refused(model(R"({"cat": 1, "cat": 2})"), "stands there twice");
    refused(model(R"({"cat": -1})"), "the number -1");
    refused(model(R"({"b": 2.5})"), "no number");
    refused(model(R"({"b": [1]})"), "no number");
    refused(model(R"({"b": null})"), "no number");
    refused(model(R"({"b": 4294967296})"), "the number 4294967296");
    refused(model(R"(["cat"])"), "entry 0 of the vocabulary is no list");
    refused(model(R"([["cat", 1], []])"), "entry 1 of the vocabulary has no token");
    refused(model(R"([{"cat": "dog"}])"), "is no list");
    refused(write(folder, "tokenizer.json", R"({"model": {"vocab": {"a": 1}, "vocab": {"b": 2}}})"), "twice");
    refused(write(folder, "vocab.json", R"({"evil\u2028": "x"})"), "\\u2028");
}
