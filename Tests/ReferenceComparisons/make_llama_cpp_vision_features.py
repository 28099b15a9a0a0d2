# SPDX-License-Identifier: Apache-2.0

"""Makes vision towers of nearly real shape with random weights, and what llama.cpp's multimodal library computes with
them, for VisionComparisonTests to compare with.

Reference: llama-cpp-python 0.3.36 (ggml 0.25.3), gguf 0.19, numpy.
Run:       python make_llama_cpp_vision_features.py DIRECTORY [NAME ...]
           EDGEASSIST_REFERENCE_DIR=DIRECTORY swift test -c release --disable-testable-imports --filter VisionComparison

The directory takes about 4.2 GB. For each case it holds NAME-mmproj.gguf, NAME.gguf (a language model of one small
layer, which the library insists on) and NAME-features.gguf: `CASE.features` as the library gives them, and `CASE.first`
and `CASE.second`, the images. Sides are multiples of a token's side, of areas that the library does not resize.
The library looks its GELUs up in tables of 16-bit floats and uses the one by tanh in the mergers, so that equality to
about 1e-3 is what can be had with weights in 32 bits. With shorter weights it rounds their inputs to the same type.
Hugging Face transformers is as far from it; the difference grows with the number of blocks, whichever GELU is in the
merger.
"""

import ctypes
import pathlib
import sys

import gguf
import llama_cpp
import numpy as np
from gguf import GGMLQuantizationType as Kind
from llama_cpp import mtmd_cpp as mtmd

LANGUAGE_WIDTH = 512
QWEN = dict(mean=[0.48145466, 0.4578275, 0.40821073], deviation=[0.26862954, 0.26130258, 0.27577711], patch=14)
HALVES = dict(mean=[0.5] * 3, deviation=[0.5] * 3)
TWO = dict(projector="qwen2vl_merger", model="qwen2vl", width=1280, heads=16, inner=5120, depth=4, **QWEN)
TWO_AND_A_HALF = dict(projector="qwen2.5vl_merger", model="qwen2vl", width=1280, heads=16, inner=3420, depth=9, **QWEN)
THREE = dict(projector="qwen3vl_merger", model="qwen3vl", width=1024, heads=16, inner=4096, depth=6,
             deepstack=[1, 3, 4], patch=16, **HALVES)
WIDE = dict(projector="qwen3vl_merger", model="qwen3vl", width=1152, heads=16, inner=4304, depth=4, deepstack=[0, 2],
            patch=16, **HALVES)
# LLaVA-OneVision's tower in the layout of the library's older LLaVA models; it reads one size of image.
SIGLIP = dict(projector="mlp", model="qwen2", width=1152, heads=16, inner=4304, depth=4, patch=14, side=384, **HALVES)
# SigLIP with the projectors of SmolVLM, LFM2-VL and MiniCPM-V 4.6, one frame at a time.
IDEFICS3 = dict(projector="idefics3", model="qwen2", width=768, heads=12, inner=3072, depth=4, patch=16, side=512,
                factor=4, images={"frame": (8, 8, False)}, **HALVES)
LFM2 = dict(projector="lfm2", model="qwen2", width=768, heads=12, inner=3072, depth=4, patch=16, factor=2, positions=16,
            images={"small": (8, 8, False), "odd": (9, 13, False), "large": (16, 12, False)}, **HALVES)
MINICPM = dict(projector="minicpmv4_6", model="qwen2", width=1152, heads=16, inner=4304, depth=4, patch=14, factor=4,
               positions=70, merged_after=1, images={"square": (8, 8, False), "wide": (6, 10, False)}, **HALVES)
CASES = {
    "qwen2vl": TWO | dict(kind=Kind.F32),
    "qwen2vl-f16": TWO | dict(kind=Kind.F16),
    "qwen25vl": TWO_AND_A_HALF | dict(kind=Kind.F32),
    "qwen25vl-f16": TWO_AND_A_HALF | dict(kind=Kind.F16),
    "qwen3vl": THREE | dict(kind=Kind.F32),
    "qwen3vl-wide": WIDE | dict(kind=Kind.F32),
    "qwen3vl-wide-bf16": WIDE | dict(kind=Kind.BF16),
    "qwen3vl-wide-q8_0": WIDE | dict(kind=Kind.Q8_0),
    "llava": SIGLIP | dict(kind=Kind.F32),
    "idefics3": IDEFICS3 | dict(kind=Kind.F32),
    "idefics3-f16": IDEFICS3 | dict(kind=Kind.F16),
    "lfm2": LFM2 | dict(kind=Kind.F32),
    "lfm2-f16": LFM2 | dict(kind=Kind.F16),
    "minicpmv4_6": MINICPM | dict(kind=Kind.F32),
    "minicpmv4_6-f16": MINICPM | dict(kind=Kind.F16),
}
# The largest relative difference that the library's rounding of inputs explains.
TOLERANCES = {Kind.F32: 2e-3, Kind.F16: 3e-3, Kind.BF16: 1e-2, Kind.Q8_0: 3e-2}
# Tokens down and across; whether the patch in time holds two different images.
IMAGES = {"small": (3, 4, False), "odd": (5, 7, False), "frames": (6, 9, True)}


class Writer:
    def __init__(self, path, architecture):
        self.w = gguf.GGUFWriter(str(path), architecture)
        self.random = np.random.default_rng(7)

    def normal(self, shape, scale):
        return self.random.standard_normal(shape, dtype=np.float32) * np.float32(scale)

    def add(self, name, values, kind=Kind.F32):
        if kind == Kind.F32:
            self.w.add_tensor(name, values)
        else:
            # Rows that are no whole number of blocks stay in 16 bits, as llama.cpp's converter has it.
            kind = Kind.F16 if kind == Kind.Q8_0 and values.shape[-1] % 32 else kind
            self.w.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    def linear(self, name, inputs, outputs, kind, gain=1.0):
        self.add(name + ".weight", self.normal((outputs, inputs), gain / inputs ** 0.5), kind)
        self.add(name + ".bias", self.normal(outputs, 0.1))

    def norm(self, name, width, has_bias=True):
        self.add(name + ".weight", 1 + self.normal(width, 0.2))
        if has_bias:
            self.add(name + ".bias", self.normal(width, 0.2))

    def close(self):
        self.w.write_header_to_file()
        self.w.write_kv_data_to_file()
        self.w.write_tensors_to_file()
        self.w.close()


def write_siglip(path, case):
    """A tower whose image has one frame, and the projector behind it."""
    w, width, kind, family = Writer(path, "clip"), case["width"], case["kind"], case["projector"]
    w.w.add_string("general.type", "mmproj")
    w.w.add_file_type(1)
    w.w.add_bool("clip.has_vision_encoder", True)
    w.w.add_string("clip.projector_type", family)
    side = case.get("side", 448 if family == "minicpmv4_6" else 256)
    for key, value in {"projection_dim": LANGUAGE_WIDTH, "image_size": side, "patch_size": case["patch"],
                       "embedding_length": width, "feed_forward_length": case["inner"], "block_count": case["depth"],
                       "projector.scale_factor": case["factor"], "attention.head_count": case["heads"]}.items():
        w.w.add_uint32("clip.vision." + key, value)
    if family == "idefics3":
        w.w.add_uint32("clip.vision.preproc_image_size", side)
    w.w.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    w.w.add_array("clip.vision.image_mean", case["mean"])
    w.w.add_array("clip.vision.image_std", case["deviation"])
    w.w.add_bool("clip.use_gelu", True)
    shape = (width, 3, case["patch"], case["patch"])
    w.add("v.patch_embd.weight", w.normal(shape, (3 * case["patch"] ** 2) ** -0.5),
          Kind.F16 if kind == Kind.F16 else Kind.F32)
    w.add("v.patch_embd.bias", w.normal(width, 0.2))
    positions = case.get("positions", side // case["patch"])
    w.add("v.position_embd.weight", w.normal((positions ** 2, width), 0.5))

    def attention(p):
        for part in "qkv":
            w.linear(p + "attn_" + part, width, width, kind, 1.6)
        w.linear(p + "attn_out", width, width, kind)

    for i in range(case["depth"]):
        p = f"v.blk.{i}."
        w.norm(p + "ln1", width)
        w.norm(p + "ln2", width)
        attention(p)
        w.linear(p + "ffn_up", width, case["inner"], kind)
        w.linear(p + "ffn_down", case["inner"], width, kind)
    w.norm("v.post_ln", width)
    group = 4 * width
    if family == "idefics3":
        inputs = case["factor"] ** 2 * width
        w.add("mm.model.fc.weight", w.normal((LANGUAGE_WIDTH, inputs), inputs ** -0.5), kind)
    elif family == "lfm2":
        w.norm("mm.input_norm", group)
        w.linear("mm.1", group, 2048, kind)
        w.linear("mm.2", 2048, LANGUAGE_WIDTH, kind)
    else:
        w.w.add_array("clip.vision.wa_layer_indexes", [case["merged_after"]])
        p = "v.vit_merger."
        w.norm(p + "ln1", width)
        attention(p)
        w.norm(p + "ds_ln", group)
        w.linear(p + "ds_ffn_up", group, 4 * case["inner"], kind)
        w.linear(p + "ds_ffn_down", 4 * case["inner"], width, kind)
        w.norm("mm.input_norm", group)
        w.linear("mm.up", group, group, kind)
        w.linear("mm.down", group, LANGUAGE_WIDTH, kind)
    w.close()


def write_tower(path, case):
    if "factor" in case:
        return write_siglip(path, case)
    w, width, kind = Writer(path, "clip"), case["width"], case["kind"]
    family, deepstack = case["projector"], case.get("deepstack", [])
    w.w.add_string("general.type", "mmproj")
    w.w.add_file_type(1)
    w.w.add_bool("clip.has_vision_encoder", True)
    w.w.add_string("clip.projector_type", family)
    for key, value in dict(projection_dim=LANGUAGE_WIDTH, image_size=case.get("side", 768), patch_size=case["patch"],
                           embedding_length=width, feed_forward_length=case["inner"], block_count=case["depth"],
                           spatial_merge_size=2).items():
        w.w.add_uint32("clip.vision." + key, value)
    w.w.add_uint32("clip.vision.attention.head_count", case["heads"])
    w.w.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    w.w.add_array("clip.vision.image_mean", case["mean"])
    w.w.add_array("clip.vision.image_std", case["deviation"])
    if family == "qwen2.5vl_merger":
        w.w.add_bool("clip.use_silu", True)
        w.w.add_uint32("clip.vision.n_wa_pattern", 8)
    if family in ("qwen3vl_merger", "mlp"):
        w.w.add_bool("clip.use_gelu", True)
    if family == "qwen3vl_merger":
        w.w.add_array("clip.vision.is_deepstack_layers", [i in deepstack for i in range(case["depth"])])
    if family == "mlp":
        w.w.add_array("clip.vision.feature_layer", [case["depth"]])
    area = 3 * case["patch"] ** 2
    shape = (width, 3, case["patch"], case["patch"])
    for name in ("v.patch_embd.weight", "v.patch_embd.weight.1")[:1 if family == "mlp" else 2]:
        w.add(name, w.normal(shape, (2 * area) ** -0.5), Kind.F16 if kind == Kind.F16 else Kind.F32)
    if family in ("qwen3vl_merger", "mlp"):
        w.add("v.patch_embd.bias", w.normal(width, 0.2))
        places = (case.get("side", 768) // case["patch"]) ** 2
        w.add("v.position_embd.weight", w.normal((places, width), 0.5))
    has_bias = family != "qwen2.5vl_merger"
    for i in range(case["depth"]):
        p = f"v.blk.{i}."
        w.norm(p + "ln1", width, has_bias)
        w.norm(p + "ln2", width, has_bias)
        if family == "qwen3vl_merger":
            w.linear(p + "attn_qkv", width, 3 * width, kind, 1.6)
        else:
            for part in "qkv":
                w.linear(p + "attn_" + part, width, width, kind, 1.6)
        w.linear(p + "attn_out", width, width, kind)
        if family == "qwen2.5vl_merger":
            w.linear(p + "ffn_gate", width, case["inner"], kind)
        w.linear(p + "ffn_up", width, case["inner"], kind)
        w.linear(p + "ffn_down", case["inner"], width, kind)
    if family == "mlp":
        w.linear("mm.0", width, LANGUAGE_WIDTH, kind)
        w.linear("mm.2", LANGUAGE_WIDTH, LANGUAGE_WIDTH, kind)
        return w.close()
    w.norm("v.post_ln", width, has_bias)
    mergers = [("mm.0", "mm.2")] + [(f"v.deepstack.{i}.fc1", f"v.deepstack.{i}.fc2") for i in deepstack]
    for first, second in mergers:
        w.linear(first, 4 * width, 4 * width, kind)
        w.linear(second, 4 * width, LANGUAGE_WIDTH, kind)
    for i in deepstack:
        w.norm(f"v.deepstack.{i}.norm", 4 * width)
    w.close()


def write_language_model(path, case):
    width, architecture = LANGUAGE_WIDTH, case["model"]
    w = Writer(path, architecture)
    w.w.add_block_count(1)
    w.w.add_context_length(4096)
    w.w.add_embedding_length(width)
    w.w.add_feed_forward_length(64)
    w.w.add_head_count(4)
    w.w.add_head_count_kv(4)
    w.w.add_key_length(128)
    w.w.add_value_length(128)
    w.w.add_layer_norm_rms_eps(1e-6)
    w.w.add_rope_freq_base(1e6)
    if architecture != "qwen2":
        w.w.add_rope_dimension_sections([24, 20, 20, 0])
    if "deepstack" in case:
        w.w.add_uint32(architecture + ".n_deepstack_layers", len(case["deepstack"]))
    tokens = ["a", "b", "ab", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>", "<|im_end|>",
              "<fake_token_around_image>", "<global-img>", "<row_1_col_1>", "<|image_start|>", "<|image_end|>",
              "<|img_row_1_col_1|>", "<|img_thumbnail|>", "<image>", "</image>", "<slice>", "</slice>"]
    w.w.add_tokenizer_model("gpt2")
    w.w.add_tokenizer_pre("qwen2")
    w.w.add_token_list(tokens)
    w.w.add_token_types([1, 1, 1] + [3] * (len(tokens) - 3))
    w.w.add_token_merges(["a b"])
    w.w.add_eos_token_id(7)
    w.add("token_embd.weight", w.normal((len(tokens), width), 0.5))
    w.norm("output_norm", width, has_bias=False)
    p = "blk.0."
    w.norm(p + "attn_norm", width, has_bias=False)
    w.norm(p + "ffn_norm", width, has_bias=False)
    for part in "qkv":
        w.add(p + f"attn_{part}.weight", w.normal((width, width), width ** -0.5))
        if architecture != "qwen3vl":
            w.add(p + f"attn_{part}.bias", w.normal(width, 0.1))
    if architecture == "qwen3vl":
        w.norm(p + "attn_q_norm", 128, has_bias=False)
        w.norm(p + "attn_k_norm", 128, has_bias=False)
    w.add(p + "attn_output.weight", w.normal((width, width), width ** -0.5))
    w.add(p + "ffn_gate.weight", w.normal((64, width), width ** -0.5))
    w.add(p + "ffn_up.weight", w.normal((64, width), width ** -0.5))
    w.add(p + "ffn_down.weight", w.normal((width, 64), 64 ** -0.5))
    w.close()


def features(context, images, outputs, tokens):
    """What the library makes of one image, or of two that it takes for frames of one patch in time."""
    bitmaps = []
    for image in images:
        height, width, _ = image.shape
        data = (ctypes.c_uint8 * image.size).from_buffer_copy(image.tobytes())
        bitmap = mtmd.mtmd_bitmap_init(width, height, data)
        mtmd.mtmd_bitmap_set_mergeable(bitmap, len(images) > 1)
        bitmaps.append(bitmap)
    content = mtmd.mtmd_get_marker(context) * len(images)
    text = mtmd.mtmd_input_text(text=content, text_len=len(content), add_special=False, parse_special=True)
    chunks = mtmd.mtmd_input_chunks_init()
    array = (mtmd.mtmd_bitmap_p_ctypes * len(bitmaps))(*bitmaps)
    assert mtmd.mtmd_tokenize(context, chunks, ctypes.byref(text), array, len(bitmaps)) == 0
    result = []
    for i in range(mtmd.mtmd_input_chunks_size(chunks)):
        chunk = mtmd.mtmd_input_chunks_get(chunks, i)
        if mtmd.mtmd_input_chunk_get_type(chunk) != mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE:
            continue
        assert mtmd.mtmd_encode_chunk(context, chunk) == 0
        count = mtmd.mtmd_input_chunk_get_n_tokens(chunk)
        values = mtmd.mtmd_get_output_embd(context)
        result.append(np.ctypeslib.as_array(values, shape=(count * outputs,)).reshape(count, outputs).copy())
    mtmd.mtmd_input_chunks_free(chunks)
    for bitmap in bitmaps:
        mtmd.mtmd_bitmap_free(bitmap)
    # Beside the image as a whole, some families are given tiles of it: Idefics3 before it, MiniCPM-V after it.
    whole = [rows for rows in result if len(rows) == tokens] or result
    assert len(whole) == 1 or all(np.array_equal(rows, whole[0]) for rows in whole), f"{len(result)} chunks of images"
    return whole[0]


def pooled(rows, side):
    """Bilinear resampling to half as many rows along each side, as transformers does with a video's frames."""
    target = (side + 1) // 2
    place = np.maximum((np.arange(target) + 0.5) * side / target - 0.5, 0)
    first = place.astype(int)
    weights = np.zeros((target, side))
    weights[np.arange(target), first] = 1 - (place - first)
    weights[np.arange(target), np.minimum(first + 1, side - 1)] += place - first
    grid = rows.reshape(side, side, -1)
    return np.einsum("ay,bx,yxc->abc", weights, weights, grid).reshape(target * target, -1).astype(np.float32)


def make(directory, name, case):
    tower, model = directory / f"{name}-mmproj.gguf", directory / f"{name}.gguf"
    write_tower(tower, case)
    write_language_model(model, case)
    language = llama_cpp.llama_model_load_from_file(str(model).encode(), llama_cpp.llama_model_default_params())
    assert language, "the language model was refused"
    parameters = mtmd.mtmd_context_params_default()
    parameters.use_gpu, parameters.warmup, parameters.n_threads, parameters.flash_attn_type = False, False, 2, 0
    context = mtmd.mtmd_init_from_file(str(tower).encode(), language, parameters)
    assert context, "the tower was refused"
    outputs = LANGUAGE_WIDTH * (1 + len(case.get("deepstack", [])))
    w = gguf.GGUFWriter(str(directory / f"{name}-features.gguf"), "features")
    random = np.random.default_rng(11)
    fixed = case.get("side") if "factor" not in case else None
    images = {"frame": (1, 1, False)} if fixed else case.get("images", IMAGES)
    w.add_array("cases", list(images))
    w.add_float32("tolerance", TOLERANCES[case["kind"]])
    for label, (rows, columns, differ) in images.items():
        side = fixed or case.get("factor", 2) * case["patch"]
        first = random.integers(0, 256, (rows * side, columns * side, 3), dtype=np.uint8)
        second = random.integers(0, 256, first.shape, dtype=np.uint8) if differ else first
        found = features(context, [first, second] if differ else [first], outputs, rows * columns)
        if fixed:
            found = pooled(found, fixed // case["patch"])
        else:
            assert len(found) == rows * columns, f"{len(found)} tokens in place of {rows * columns}"
        w.add_tensor(f"{label}.features", found)
        w.add_tensor(f"{label}.first", first.view(np.int8))
        w.add_tensor(f"{label}.second", second.view(np.int8))
        print(f"{name} {label}: {found.shape}, deviation {found.std():.3f}")
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    mtmd.mtmd_free(context)
    llama_cpp.llama_model_free(language)


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or CASES:
        make(directory, name, CASES[name])


main()
