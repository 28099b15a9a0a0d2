# SPDX-License-Identifier: Apache-2.0

"""Sizes, special tokens and chat templates of published models, for make_random_model.py.

Source: the published configurations and tokenizers of each family.
"""

import dataclasses

CHATML = (
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
CHATML_WITHOUT_SYSTEM = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
PARTS = (
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in part %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}")
CHATML_VISION = CHATML.replace("{{ message['content'] }}", PARTS)
CHATML_VISION_WITHOUT_SYSTEM = CHATML_WITHOUT_SYSTEM.replace("{{ message['content'] }}", PARTS)

CHATML_LLAVA = CHATML_VISION_WITHOUT_SYSTEM
for token, image in (("<|vision_start|><|image_pad|><|vision_end|>", "<image>"),
                     ("<|vision_start|><|video_pad|><|vision_end|>", "<video>")):
    CHATML_LLAVA = CHATML_LLAVA.replace(token, image + "\n")

FIRST_SPECIAL = 151643
QWEN2_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LLAVA_SPECIALS = QWEN2_SPECIALS + ["<image>", "<video>"]
QWEN2VL_SPECIALS = QWEN2_SPECIALS + [
    "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>",
    "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
QWEN25_SPECIALS = QWEN2VL_SPECIALS + [
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
    "<|repo_name|>", "<|file_sep|>"]
QWEN3_SPECIALS = QWEN25_SPECIALS + ["<tool_response>", "</tool_response>", "<think>", "</think>"]


@dataclasses.dataclass(frozen=True)
class Vision:
    """Sizes of a vision tower; `projector` is llama.cpp's name for its kind."""

    projector: str
    layers: int = 32
    width: int = 1280
    heads: int = 16
    feed_forward: int = 5120
    patch: int = 14
    deepstack: tuple = ()
    side: int = 560
    mean: tuple = (0.48145466, 0.4578275, 0.40821073)
    deviation: tuple = (0.26862954, 0.26130258, 0.27577711)


@dataclasses.dataclass(frozen=True)
class Shape:
    """Sizes of a language model and what goes with it."""

    architecture: str
    layers: int
    width: int
    heads: int
    key_value_heads: int
    feed_forward: int
    head: int = 128
    base: float = 1e6
    context: int = 32768
    sections: tuple = ()
    tied: bool = True
    vocabulary: int = 151936
    specials: tuple = tuple(QWEN2_SPECIALS)
    template: str = CHATML
    vision: Vision | None = None
    # Key heads and value heads of Gated DeltaNet, of 128 values each.
    delta_heads: tuple = (16, 16)

    @property
    def has_head_norms(self):
        return self.architecture.startswith("qwen3") or self.architecture == "lfm2"

    @property
    def has_biases(self):
        return self.architecture.startswith("qwen2")

    def has_attention(self, layer):
        if self.architecture == "qwen35":
            return (layer + 1) % 4 == 0
        return self.architecture != "lfm2" or layer in (2, 5, 8, 10, 12, 14)


QWEN2VL = dict(architecture="qwen2vl", sections=(16, 24, 24, 0), template=CHATML_VISION)
QWEN3VL = dict(architecture="qwen3vl", sections=(24, 20, 20, 0), base=5e6, context=262144,
               specials=tuple(QWEN3_SPECIALS), template=CHATML_VISION_WITHOUT_SYSTEM)
QWEN3VL_TOWER = Vision("qwen3vl_merger", layers=24, width=1024, feed_forward=4096, patch=16, deepstack=(5, 11, 17),
                       side=768, mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5))
SIGLIP = Vision("mlp", layers=26, width=1152, feed_forward=4304, side=384, mean=(0.5, 0.5, 0.5),
                deviation=(0.5, 0.5, 0.5))
QWEN25VL_TOWER = Vision("qwen2.5vl_merger", feed_forward=3420)

SHAPES = {
    "qwen2-0.5b": Shape("qwen2", 24, 896, 14, 2, 4864, head=64),
    "qwen2.5-1.5b": Shape("qwen2", 28, 1536, 12, 2, 8960, specials=tuple(QWEN25_SPECIALS)),
    "qwen3-0.6b": Shape("qwen3", 28, 1024, 16, 8, 3072, context=40960, specials=tuple(QWEN3_SPECIALS),
                        template=CHATML_WITHOUT_SYSTEM),
    "qwen3-1.7b": Shape("qwen3", 28, 2048, 16, 8, 6144, context=40960, specials=tuple(QWEN3_SPECIALS),
                        template=CHATML_WITHOUT_SYSTEM),
    "qwen2-vl-2b": Shape(layers=28, width=1536, heads=12, key_value_heads=2, feed_forward=8960,
                         specials=tuple(QWEN2VL_SPECIALS), vision=Vision("qwen2vl_merger"), **QWEN2VL),
    "qwen2-vl-7b": Shape(layers=28, width=3584, heads=28, key_value_heads=4, feed_forward=18944, tied=False,
                         vocabulary=152064, specials=tuple(QWEN2VL_SPECIALS), vision=Vision("qwen2vl_merger"),
                         **QWEN2VL),
    "qwen2.5-vl-3b": Shape(layers=36, width=2048, heads=16, key_value_heads=2, feed_forward=11008, context=128000,
                           specials=tuple(QWEN25_SPECIALS), vision=QWEN25VL_TOWER, **QWEN2VL),
    "qwen2.5-vl-7b": Shape(layers=28, width=3584, heads=28, key_value_heads=4, feed_forward=18944, context=128000,
                           tied=False, vocabulary=152064, specials=tuple(QWEN25_SPECIALS), vision=QWEN25VL_TOWER,
                           **QWEN2VL),
    "qwen3-vl-2b": Shape(layers=28, width=2048, heads=16, key_value_heads=8, feed_forward=6144, vision=QWEN3VL_TOWER,
                         **QWEN3VL),
    "qwen3-vl-4b": Shape(layers=36, width=2560, heads=32, key_value_heads=8, feed_forward=9728, vision=QWEN3VL_TOWER,
                         **QWEN3VL),
    "llava-onevision-0.5b": Shape("qwen2", 24, 896, 14, 2, 4864, head=64, vocabulary=152000,
                                  specials=tuple(LLAVA_SPECIALS), template=CHATML_LLAVA, vision=SIGLIP),
    "smollm2-135m": Shape("llama", 30, 576, 9, 3, 1536, head=64, base=1e5, context=8192, vocabulary=49152),
    "llama-3.2-1b": Shape("llama", 16, 2048, 32, 8, 8192, head=64, base=5e5, context=131072, vocabulary=128256),
}
