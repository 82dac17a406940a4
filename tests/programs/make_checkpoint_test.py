# Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
"""make_checkpoint: every model at tiny scale read by code of its own, the same bytes again, nothing overwritten."""
import json
import math
import os
import signal
import struct
import unittest

from programs import Programs

NAMES = ["t5-small", "t5-base", "t5-v1_1-xxl", "bert-large", "clip-vit-b-16", "dinov2-large", "clip-vit-bigg-14",
         "qwen3.5-0.8b", "qwen3.5-4b", "t5gemma2-1b", "t5gemma2-4b", "sd15-unet", "sdxl-unet", "sd15-vae", "sdxl-vae",
         "flux1-vae", "flux2-vae"]
PROVISIONAL = ["qwen3.5-4b", "flux2-vae"]


def header_of(path):
    raw = path.read_bytes()
    length, = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8:8 + length]), len(raw) - 8 - length


class MakeCheckpoint(Programs):
    def tiny(self, arch, *arguments):
        return self.succeed("make_checkpoint", "--scale", "tiny", "--arch", arch, *arguments)

    def listed(self, *arguments):
        return {m["arch"]: m for m in json.loads(self.succeed("make_checkpoint", "--list", "--json", *arguments))}

    def test_every_model(self):
        listed = self.listed("--scale", "tiny")
        self.assertEqual(list(listed), NAMES)
        for arch in NAMES:
            out = self.tiny(arch, arch)
            self.assertEqual("provisional: " in out, arch in PROVISIONAL)
            files = {path.name for path in (self.at / arch).iterdir()}
            weights, = (self.at / arch).glob("*.safetensors")
            expected = "diffusion_pytorch_model" if arch.endswith(("unet", "vae")) else \
                "open_clip_model" if arch.startswith("clip") else "model"
            self.assertEqual(weights.name, expected + ".safetensors")
            self.assertEqual(files - {weights.name, "open_clip_config.json"}, {"config.json"})
            header, size = header_of(weights)
            metadata = header.pop("__metadata__")
            self.assertEqual((metadata["format"], metadata["geolip.arch"], metadata["geolip.seed"]), ("pt", arch, "42"))
            self.assertEqual("geolip.provisional" in metadata, arch in PROVISIONAL)
            self.assertEqual((len(header), size), (listed[arch]["tensors"], listed[arch]["bytes"]))
            floats = [t for t in header.values() if t["dtype"] == "F32"]
            buffers = sum(math.prod(t["shape"]) for name, t in header.items() if name.startswith("bn.running"))
            self.assertEqual(sum(math.prod(t["shape"]) for t in floats) - buffers, listed[arch]["parameters"])
            self.check_config(arch, json.loads((self.at / arch / "config.json").read_text()), header)

    def check_config(self, arch, config, tensors):
        """What a reader needs from the configuration agrees with the shapes."""
        shape = lambda name: tensors[name]["shape"]
        if config.get("model_type") == "t5":
            self.assertEqual(shape("shared.weight"), [config["vocab_size"], config["d_model"]])
            self.assertEqual(shape("encoder.block.1.layer.0.SelfAttention.q.weight"),
                             [config["num_heads"] * config["d_kv"], config["d_model"]])
            self.assertEqual("lm_head.weight" in tensors, not config["tie_word_embeddings"])
        elif config.get("model_type") == "bert":
            self.assertEqual(shape("bert.embeddings.word_embeddings.weight"),
                             [config["vocab_size"], config["hidden_size"]])
            self.assertEqual(config["hidden_size"] % config["num_attention_heads"], 0)
        elif config.get("model_type") == "dinov2":
            positions = (config["image_size"] // config["patch_size"]) ** 2 + 1
            self.assertEqual(shape("embeddings.position_embeddings"), [1, positions, config["hidden_size"]])
        elif config.get("model_type") == "clip":
            vision = config["vision_config"]
            self.assertEqual(shape("visual.proj"), [vision["hidden_size"], config["projection_dim"]])
            self.assertEqual(shape("visual.transformer.resblocks.0.mlp.c_fc.weight"),
                             [vision["intermediate_size"], vision["hidden_size"]])
            own = json.loads((self.at / arch / "open_clip_config.json").read_text())["model_cfg"]["vision_cfg"]
            self.assertEqual(own["width"] // own["head_width"], vision["num_attention_heads"])
        elif config.get("model_type") == "qwen3_5":
            text = config["text_config"]
            full = text["layer_types"].index("full_attention")
            attention = f"model.language_model.layers.{full}.self_attn."
            self.assertEqual(shape(attention + "q_proj.weight"),
                             [2 * text["num_attention_heads"] * text["head_dim"], text["hidden_size"]])
            self.assertEqual(shape(attention + "k_proj.weight"),
                             [text["num_key_value_heads"] * text["head_dim"], text["hidden_size"]])
        elif config.get("model_type") == "t5gemma2":
            decoder = config["decoder"]
            self.assertEqual(shape("model.decoder.layers.1.self_attn.k_proj.weight"),
                             [decoder["num_key_value_heads"] * decoder["head_dim"], decoder["hidden_size"]])
            self.assertEqual(config["encoder"]["text_config"]["num_hidden_layers"], decoder["num_hidden_layers"])
        else:
            channels = config["block_out_channels"]
            self.assertIn(config["_class_name"], ("UNet2DConditionModel", "AutoencoderKL", "AutoencoderKLFlux2"))
            self.assertTrue(all(c % config["norm_num_groups"] == 0 for c in channels))
            if arch.endswith("unet"):
                heads = config["attention_head_dim"]
                heads = heads if isinstance(heads, list) else [heads] * len(channels)
                self.assertTrue(all(c % h == 0 for c, h in zip(channels, heads)))
                self.assertEqual(shape("mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"),
                                 [channels[-1], config["cross_attention_dim"]])
            else:
                self.assertEqual(shape("decoder.conv_in.weight"), [channels[-1], config["latent_channels"], 3, 3])

    def test_list_of_the_published_sizes(self):
        listed = self.listed()
        for m in listed.values():
            self.assertIn(m["published"], (None, m["parameters"]))
            self.assertEqual(m["provisional"] is not None, m["arch"] in PROVISIONAL)
        self.assertEqual(listed["t5-v1_1-xxl"]["bytes"], 4 * 11135332352)
        table = self.succeed("make_checkpoint", "--list")
        self.assertRegex(table, r"(?m)^t5-small +131 +60,506,624 +60,506,624 +242,026,496$")
        self.assertEqual(len(table.splitlines()), 2 + len(NAMES))

    def test_same_command_same_bytes(self):
        for arch in ("t5-small", "sd15-vae"):
            self.tiny(arch, "a.safetensors", "--seed", "7")
            first = (self.at / "a.safetensors").read_bytes()
            self.tiny(arch, "a.safetensors", "--seed", "8")  # its own: may be replaced
            self.assertNotEqual((self.at / "a.safetensors").read_bytes(), first)
            self.tiny(arch, "folder", "--seed", "7")
            weights, = (self.at / "folder").glob("*.safetensors")
            self.assertEqual(weights.read_bytes(), first)
            self.tiny(arch, "folder", "--seed", "7")
            self.assertEqual(weights.read_bytes(), first)
            for path in [*(self.at / "folder").iterdir(), self.at / "a.safetensors"]:
                path.unlink()

    def test_json(self):
        found = json.loads(self.tiny("flux2-vae", "out", "--dtype", "bf16", "--json"))
        self.assertEqual((found["arch"], found["scale"], found["dtype"], found["seed"], found["file"]),
                         ("flux2-vae", "tiny", "BF16", 42, "out/diffusion_pytorch_model.safetensors"))
        header, _ = header_of(self.at / found["file"])
        self.assertEqual(header["bn.num_batches_tracked"]["dtype"], "I64")
        self.assertEqual(header["encoder.conv_in.weight"]["dtype"], "BF16")

    def test_wrong_usage(self):
        make = lambda *arguments: ["make_checkpoint", *arguments]
        for arguments, parts in (
                (["out"], ["--arch", "missing", "--list"]), (["--arch", "t5-small"], ["OUT", "missing"]),
                (["--arch", "gpt-2", "out"], ["'gpt-2'", "expected one of t5-small", "flux2-vae"]),
                (["--arch", "t5\x1b[2J", "out"], ["'t5\\u001b[2J'"]),
                (["--arch", "t5-small", "--scale", "huge", "out"], ["--scale 'huge'", "full or tiny"]),
                (["--arch", "t5-small", "--dtype", "f64", "out"], ["--dtype 'f64'", "f32, bf16 or f16"]),
                (["--arch", "t5-small", "--seed", "-1", "out"], ["--seed '-1'", "from 0"]),
                (["--list", "out"], ["--list", "expected neither"]), (["--nonsense"], ["--nonsense", "--help"]),
                (["--arch", "t5-small", "a", "b"], ["b", "--help"])):
            self.fail_with(2, parts, *make(*arguments))

    def test_nothing_of_others_is_overwritten(self):
        make = lambda *arguments: ["make_checkpoint", "--scale", "tiny", "--arch", "t5-small", *arguments]
        (self.at / "notes.safetensors").write_text("precious")
        self.fail_with(1, ["'notes.safetensors'", "exists already", "expected a free name"], *make("notes.safetensors"))
        (self.at / "file").write_text("precious")
        self.fail_with(1, ["'file'", "no folder"], *make("file"))
        self.fail_with(1, ["file/sub", "Not a directory"], *make("file/sub"))
        self.fail_with(1, ["none/sub", "No such file"], *make("none/sub"))
        self.fail_with(1, ["none/a.safetensors", "No such file"], *make("none/a.safetensors"))
        (self.at / "trained").mkdir()
        text = json.dumps({"__metadata__": {"format": "pt"}}).encode()
        (self.at / "trained" / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
        self.fail_with(1, ["'trained/model.safetensors'", "exists already"], *make("trained"))
        (self.at / "other").mkdir()
        (self.at / "other" / "config.json").write_text("{}")
        self.fail_with(1, ["'other/config.json'", "is in the way"], *make("other"))
        os.symlink("nowhere", self.at / "link")
        self.fail_with(1, ["'link'", "no folder"], *make("link"))
        self.succeed(*make("own"))
        self.fail_with(1, ["'own/", "expected a free name"], "make_checkpoint", "--arch", "t5-base", "--scale", "tiny",
                       "own")
        self.fail_with(1, ["'own/model.safetensors'"], "make_checkpoint", "--arch", "t5-small", "own")
        (self.at / "own" / "notes").write_text("precious")
        self.fail_with(1, ["'own/notes'", "is in the way"], *make("own"))

    def test_a_disk_that_is_too_small(self):
        free = lambda path: os.statvfs(path).f_bavail * os.statvfs(path).f_frsize
        small = [path for path in (str(self.at), "/dev/shm") if os.path.isdir(path) and free(path) < 4 * 11135332352]
        if not small:
            self.skipTest("there is room for the largest model here")
        out = f"{small[0]}/geolip-there-is-no-room-for-it"
        self.fail_with(1, ["bytes are free", "expected 44,541,329,408", "--dtype bf16"],
                       "make_checkpoint", "--arch", "t5-v1_1-xxl", out)
        self.assertFalse(os.path.exists(out))

    def stopped(self, number):
        """Status and stderr of a run that got the signal while it wrote."""
        part = self.at / "out" / "model.safetensors.new"
        return self.stop_midway(lambda: part.stat().st_size > 1 << 20, number,
                                "make_checkpoint", "--arch", "t5-base", "--dtype", "bf16", "out")

    def test_a_stop_keeps_nothing_and_a_kill_no_half_file(self):
        status, err = self.stopped(signal.SIGTERM)
        self.assertEqual(status, 128 + signal.SIGTERM)
        self.assertRegex(err, r"\Amake_checkpoint: stopped[^\n]+\n\Z")
        self.assertEqual(list(self.at.iterdir()), [])
        status, _ = self.stopped(signal.SIGKILL)
        self.assertEqual(status, -signal.SIGKILL)
        self.assertFalse((self.at / "out" / "model.safetensors").exists())
        (self.at / "out" / "model.safetensors.new").write_text("cut off")
        self.assertEqual(self.stopped(signal.SIGINT)[0], 128 + signal.SIGINT)  # what was left over is no obstacle
        self.assertFalse((self.at / "out" / "model.safetensors").exists())


if __name__ == "__main__":
    unittest.main()
