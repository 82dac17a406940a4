// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/checkpoint/model_files.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "geolip/checkpoint/safetensors_writer.hpp"
#include "support/temporary_folder.hpp"

using geolip::checkpoint::model_files;
namespace cp = geolip::checkpoint;

namespace {

// A file of one-element tensors, whose values are given.
void write_weights(const std::filesystem::path& path, const std::vector<std::pair<std::string, float>>& tensors) {
    std::vector<cp::tensor_info> table;
    for (const auto& [name, value] : tensors) table.push_back({name, cp::dtype::f32, {1}});
    cp::safetensors_writer out(path, table, {});
    for (const cp::tensor_info& t : out.tensors())
        for (const auto& [name, value] : tensors)
            if (name == t.name) out.write(std::as_bytes(std::span(&value, 1)));
    out.commit();
}

std::string found_in(const std::filesystem::path& path) {
    const model_files files(path);
    std::string text;
    for (std::size_t i = 0; i < files.tensors().size(); ++i) {
        float x = 0;
        files.read<float>(i, 0, std::span(&x, 1));
        text += files.tensors()[i].name + "=" + std::to_string(static_cast<int>(x)) + "@" +
                files.file_of(i).path().filename().string() + " ";
    }
    return text;
}

void refused(const std::filesystem::path& path, const std::string& part) {
    try {
        const model_files files(path);
        FAIL("it was opened: " << part);
    } catch (const geolip::file_error& e) {
        CAPTURE(e.what());
        CHECK(std::string(e.what()).find(part) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("a file, a folder with the usual names, and what is preferred") {
    const temporary_folder folder;
    write_weights(folder / "x.safetensors", {{"a", 1.0f}});
    CHECK(found_in(folder / "x.safetensors") == "a=1@x.safetensors ");
    CHECK(found_in(folder / "") == "a=1@x.safetensors ");
    write_weights(folder / "y.safetensors", {{"b", 2.0f}});
    refused(folder / "", "name the one that is meant");
    write_weights(folder / "open_clip_model.safetensors", {{"c", 3.0f}});
    CHECK(found_in(folder / "") == "c=3@open_clip_model.safetensors ");
    write_weights(folder / "model.safetensors", {{"d", 4.0f}});
    CHECK(found_in(folder / "") == "d=4@model.safetensors ");
    CHECK(model_files(folder / "").config() == nullptr);
    write_file(folder / "config.json", R"({"model_type": "t5"})");
    CHECK(model_files(folder / "").config()->at("model_type") == "t5");
}

TEST_CASE("shards, in the order of their names, also through links") {
    const temporary_folder folder;
    std::filesystem::create_directories(folder / "blobs");
    std::filesystem::create_directories(folder / "snapshot");
    write_weights(folder / "blobs" / "1", {{"b", 2.0f}, {"c", 3.0f}});
    write_weights(folder / "blobs" / "2", {{"a", 1.0f}});
    std::filesystem::create_symlink("../blobs/1", folder / "snapshot" / "m-1.safetensors");
    std::filesystem::create_symlink("../blobs/2", folder / "snapshot" / "m-2.safetensors");
    write_file(
        folder / "snapshot" / "m.safetensors.index.json",
        R"({"metadata": {}, "weight_map": {"a": "m-2.safetensors", "b": "m-1.safetensors", "c": "m-1.safetensors"}})");
    CHECK(found_in(folder / "snapshot") == "b=2@m-1.safetensors c=3@m-1.safetensors a=1@m-2.safetensors ");
    CHECK(found_in(folder / "snapshot" / "m.safetensors.index.json") == found_in(folder / "snapshot"));
}

TEST_CASE("an index that is wrong, hostile or does not fit its shards") {
    const temporary_folder folder;
    write_weights(folder / "m-1.safetensors", {{"a", 1.0f}});
    write_weights(folder / "m-2.safetensors", {{"b", 2.0f}});
    const auto index = [&](const std::string& text) { write_file(folder / "m.safetensors.index.json", text); };
    const auto expect = [&](const std::string& text, const std::string& part) {
        index(text);
        refused(folder / "m.safetensors.index.json", part);
    };
    index(R"({"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}})");
    CHECK_NOTHROW(model_files(folder / "m.safetensors.index.json"));
    expect("", "no JSON document");
    expect("[]", "weight_map");
    expect("{}", "weight_map");
    expect(R"({"weight_map": []})", "weight_map");
    expect(R"({"weight_map": {"a": 1}})", "no file");
    expect(R"({"weight_map": {"a": "../m-1.safetensors"}})", "expected the name of a .safetensors file");
    expect(R"({"weight_map": {"a": "/m-1.safetensors"}})", "expected the name of a .safetensors file");
    expect(R"({"weight_map": {"a": "x\\m-1.safetensors"}})", "expected the name of a .safetensors file");
    expect(R"({"weight_map": {"a": "x\u0000.safetensors"}})", "expected the name of a .safetensors file");
    expect(R"({"weight_map": {"a": "m-1.bin"}})", "expected the name of a .safetensors file");
    expect(R"({"weight_map": {"a": "m-3.safetensors"}})", "is missing");
    expect(R"({"weight_map": {"b": "m-1.safetensors"}})", "is not in the index");
    expect(R"({"weight_map": {"a": "m-2.safetensors", "b": "m-1.safetensors"}})", "the index has it in");
    expect(R"({"weight_map": {"a": "m-1.safetensors", "x": "m-1.safetensors"}})", "1 tensors; the index has 2");
    expect(R"({"weight_map": {"a": "m-1.safetensors", "a": "m-1.safetensors"}})", "stands twice");
    expect(std::string("{\"weight_map\": {}}\0{}", 20), "NUL");
}

TEST_CASE("folders and configurations that cannot be used") {
    const temporary_folder folder;
    refused(folder / "", "no weights");
    refused(folder / "missing", "missing");
    write_weights(folder / "model.safetensors", {{"a", 1.0f}});
    for (const char* wrong : {"[]", "{", "", R"({"a": 1, "a": 2})"}) {
        write_file(folder / "config.json", wrong);
        refused(folder / "", "config.json");
    }
    std::filesystem::remove(folder / "config.json");
    write_file(folder / "one.safetensors.index.json", "{}");
    CHECK(found_in(folder / "") == "a=1@model.safetensors ");
    std::filesystem::rename(folder / "model.safetensors", folder / "rest.safetensors");
    write_file(folder / "two.safetensors.index.json", "{}");
    refused(folder / "", "2 indices of shards");
}
