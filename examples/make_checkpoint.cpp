// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Checkpoints of known architectures with random weights: what a probe finds in them is what chance gives.

#include <CLI/CLI.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "geolip/checkpoint/known_models.hpp"
#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/core/file.hpp"
#include "geolip/core/input_file.hpp"
#include "geolip/core/version.hpp"
#include "geolip/sweep/schema.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/table.hpp"

namespace examples {

enum class float_type { f32, bf16, f16 };

}  // namespace examples

template <>
inline constexpr std::array<std::string_view, 3> geolip::sweep::choices<examples::float_type>{"f32", "bf16", "f16"};
template <>
inline constexpr std::array<std::string_view, 2> geolip::sweep::choices<geolip::checkpoint::model_scale>{"full",
                                                                                                         "tiny"};

namespace {

using namespace examples;
using namespace geolip::checkpoint;
namespace fs = std::filesystem;
using geolip::sweep::parse_choice;

struct settings {
    std::string arch, out;
    model_scale scale = model_scale::full;
    float_type type = float_type::f32;
    std::uint64_t seed = 42;
    bool list = false;
    bool json = false;

    geolip::checkpoint::dtype dtype() const {
        return type == float_type::f32 ? dtype::f32 : type == float_type::f16 ? dtype::f16 : dtype::bf16;
    }
};

void declare(CLI::App& app, settings& s) {
    app.add_option("OUT", s.out, "The folder to write, or a file if the name ends in .safetensors");
    add_text(app, "--arch", "NAME", "", "The model; --list shows the names",
             [&](const std::string& text) { s.arch = text; });
    add_text(app, "--seed", "N", "42", "Seed of the weights",
             [&](const std::string& text) { s.seed = whole_number<std::uint64_t>(text, "--seed", 0); });
    add_text(app, "--scale", "full|tiny", "full", "The published sizes, or the same structure with small ones",
             [&](const std::string& text) { s.scale = parse_choice<model_scale>(text, "--scale"); });
    add_text(app, "--dtype", "f32|bf16|f16", "f32", "Type of the elements",
             [&](const std::string& text) { s.type = parse_choice<float_type>(text, "--dtype"); });
    app.add_flag("--list", s.list, "Show the known models and write nothing");
    app.add_flag("--json", s.json, "Print one JSON document instead of text");
}

// 1234567 as 1,234,567.
std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
    return text;
}

std::uint64_t data_bytes(const known_model& m, geolip::checkpoint::dtype type) {
    std::uint64_t bytes = 0;
    for (const tensor_info& t : tensor_table(m, type)) bytes += byte_size(t.dtype, t.shape).value_or(0);
    return bytes;
}

nlohmann::ordered_json describe(const known_model& m, const settings& s) {
    nlohmann::ordered_json out = {{"arch", m.name},
                                  {"scale", name_of(m.scale)},
                                  {"dtype", name_of(s.dtype())},
                                  {"tensors", m.tensors.size()},
                                  {"parameters", m.parameters()},
                                  {"bytes", data_bytes(m, s.dtype())},
                                  {"published", nullptr},
                                  {"provisional", nullptr}};
    if (m.published) out["published"] = *m.published;
    if (!m.provisional.empty()) out["provisional"] = m.provisional;
    return out;
}

int list_models(const settings& s) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    table rows({"model", "tensors", "parameters", "published", "bytes", "provisional"});
    for (const std::string_view name : known_model_names()) {
        const known_model m = make_known_model(name, s.scale);
        all.push_back(describe(m, s));
        rows.add({m.name, grouped(m.tensors.size()), grouped(m.parameters()),
                  m.published ? grouped(*m.published) : std::string(undefined), grouped(data_bytes(m, s.dtype())),
                  m.provisional});
    }
    print(s.json ? all.dump(2) + "\n" : rows.text());
    return 0;
}

// Folder, weights and documents that will be written.
struct target {
    fs::path folder;  // empty for a file alone
    fs::path weights;
    std::vector<std::pair<fs::path, std::string>> documents;
};

target target_of(const known_model& m, const fs::path& out) {
    if (out.extension() == ".safetensors") return {{}, out, {}};
    target t{out, out / m.file, {}};
    for (const auto& [name, content] : m.documents) t.documents.emplace_back(out / name, content.dump(2) + "\n");
    return t;
}

[[noreturn]] void refuse(const fs::path& path, const std::string& found) {
    throw geolip::file_error(geolip::in_quotes(path.string()) + ": " + found +
                             "; expected a free name, an empty folder, or what this program wrote for the same model "
                             "and scale; remove it or choose another name");
}

// Weights may be replaced by others of the same model and scale that are random as well.
void require_own_weights(const fs::path& path, const known_model& m) {
    text_map text;
    try {
        text = safetensors_file(path, geolip::file_access::read).metadata();
    } catch (const geolip::file_error&) {
        refuse(path, "exists already");
    }
    if (text["geolip.weights"] != "random" || text["geolip.arch"] != m.name || text["geolip.scale"] != name_of(m.scale))
        refuse(path, "exists already");
}

bool has_content(const fs::path& path, const std::string& content) {
    if (!fs::is_regular_file(path)) return false;
    const geolip::input_file file(path, geolip::file_access::read);
    std::string found(content.size(), ' ');
    if (file.size() != content.size()) return false;
    file.read_at(0, std::as_writable_bytes(std::span(found)));
    return found == content;
}

// Nothing that this program did not write is overwritten or joined.
void require_free(const target& t, const known_model& m) {
    if (t.folder.empty()) {
        if (fs::exists(fs::symlink_status(t.weights))) require_own_weights(t.weights, m);
        return;
    }
    if (!fs::exists(fs::symlink_status(t.folder))) return;
    if (!fs::is_directory(t.folder)) refuse(t.folder, "exists already and is no folder");
    for (const fs::directory_entry& entry : fs::directory_iterator(t.folder)) {
        const fs::path path = t.folder / entry.path().filename();
        if (path == t.weights) {
            require_own_weights(path, m);
            continue;
        }
        bool known = path == geolip::output_file::with_suffix(t.weights, ".new");  // of a run that was killed
        for (const auto& [document, content] : t.documents) {
            known = known || path == geolip::output_file::with_suffix(document, ".new");
            known = known || (path == document && has_content(path, content));
        }
        if (!known) refuse(path, "is in the way");
    }
}

void require_room(const target& t, std::uint64_t bytes) {
    std::error_code failure;
    const fs::path parent = fs::absolute(t.folder.empty() ? t.weights : t.folder).parent_path();
    const fs::space_info space = fs::space(parent, failure);
    if (failure || space.available >= bytes) return;  // a parent that is missing is reported by the writing
    throw geolip::file_error(geolip::in_quotes(parent.string()) + ": " + grouped(space.available) +
                             " bytes are free; expected " + grouped(bytes) +
                             "; make room or choose --dtype bf16, another place or --scale tiny");
}

// What was made so far, removed again unless it is kept.
class made_files {
public:
    made_files() = default;
    made_files(const made_files&) = delete;
    made_files& operator=(const made_files&) = delete;
    ~made_files() {
        std::error_code ignored;
        for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) fs::remove(*path, ignored);
    }

    void folder(const fs::path& path) {
        std::error_code failure;
        if (fs::create_directory(path, failure)) paths_.push_back(path);
        if (failure)
            throw geolip::file_error("cannot make the folder " + geolip::in_quotes(path.string()) + ": " +
                                     failure.message() + "; expected one whose parent exists and can be written");
    }
    void document(const fs::path& path, const std::string& content) {
        const bool fresh = !fs::exists(path);
        geolip::output_file out(path);
        out.write(content);
        out.commit();
        if (fresh) paths_.push_back(path);
    }
    void keep() { paths_.clear(); }

private:
    std::vector<fs::path> paths_;
};

// The weights come last: where they are, all is there.
bool write(const known_model& m, const target& t, const settings& s) {
    made_files made;
    if (!t.folder.empty()) made.folder(t.folder);
    for (const auto& [path, content] : t.documents) made.document(path, content);
    progress bar(" MiB");
    const auto mebibytes = [](std::uint64_t bytes) { return static_cast<std::size_t>((bytes >> 20) + 1); };
    const known_model_options options{
        .seed = s.seed,
        .dtype = s.dtype(),
        .progress = [&](std::uint64_t done, std::uint64_t all) { bar(mebibytes(done), mebibytes(all)); },
        .stop = [] { return stop_signal != 0; }};
    if (!write_known_model(m, t.weights, options)) return false;
    made.keep();
    return true;
}

int make_checkpoint_main(const settings& s) {
    if (s.list) {
        if (!s.arch.empty() || !s.out.empty())
            throw geolip::usage_error("--list: got a model or OUT too; expected neither, since nothing is written");
        return list_models(s);
    }
    if (s.arch.empty()) throw geolip::usage_error("--arch: missing; expected the name of a model, see --list");
    const known_model m = make_known_model(s.arch, s.scale);
    if (s.out.empty()) throw geolip::usage_error("OUT: missing; expected the name of a folder or a .safetensors file");
    const target t = target_of(m, s.out);
    require_free(t, m);
    require_room(t, data_bytes(m, s.dtype()));
    stop_gently();
    if (!write(m, t, s)) {
        std::fprintf(stderr, "make_checkpoint: stopped; nothing is kept: start again with the same command\n");
        return 128 + stop_signal;
    }
    if (s.json) {
        nlohmann::ordered_json out = describe(m, s);
        out["seed"] = s.seed;
        out["file"] = t.weights.string();
        out["provenance"] = {{"version", geolip::version_string}, {"random_version", geolip::random_version}};
        print(out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
        return 0;
    }
    std::string text = geolip::in_quotes(t.weights.string());
    text += ": " + m.name + " at " + std::string(name_of(m.scale)) + " scale, random weights of seed " +
            std::to_string(s.seed) + ", " + grouped(m.tensors.size()) + " tensors, " + grouped(m.parameters()) +
            " parameters, " + std::string(name_of(s.dtype())) + "\n";
    if (!m.provisional.empty()) text += "provisional: " + m.provisional + "\n";
    print(text);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Writes a checkpoint of a known architecture with random weights: the null model in person.",
                 "make_checkpoint");
    settings s;
    declare(app, s);
    return run(app, argc, argv, [&] { return make_checkpoint_main(s); });
}
