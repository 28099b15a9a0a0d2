# SPDX-License-Identifier: Apache-2.0

"""Writes minicpmv.json: how Hugging Face transformers lays out images and videos for MiniCPM-V 4.6, in tokens.

Made with transformers 5.23.0: the tokens that its processor makes of a turn's contents, which the model's chat template
joins by line breaks. The vocabulary is the 256 bytes and, after them, the special tokens in the order of SPECIALS. Each
image has one token. The images' own processing is left out: the processor is given its results.
"""

import json
import pathlib

import numpy as np
from transformers import AddedToken, Qwen2Tokenizer
from transformers.models.minicpmv4_6.processing_minicpmv4_6 import MiniCPMV4_6Processor

SPECIALS = ["<image>", "</image>", "<image_id>", "</image_id>", "<slice>", "</slice>", "<|image_pad|>", "<|video_pad|>"]
QUESTION = "What is in view?"
# Each a list of contents: an image, or the number of frames of a video.
PROMPTS = [["image"], ["image", "image", "image"], [1], [4], ["image", 3], [2, "image", 3, "image"]]


def byte_characters():
    """The characters that stand for the bytes in a byte-level vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    characters = {byte: chr(byte) for byte in plain} | {byte: chr(256 + n) for n, byte in enumerate(rest)}
    return [characters[byte] for byte in range(256)]


def tokenizer():
    vocabulary = {character: byte for byte, character in enumerate(byte_characters())}
    result = Qwen2Tokenizer(vocab=vocabulary, merges=[], unk_token=None, eos_token=None, pad_token=None)
    result.add_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIALS])
    return result


class Processor(MiniCPMV4_6Processor):
    """The processor as its published configuration has it, without the parts that scale pixels."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.default_use_image_id = True
        self.slice_mode = self.video_slice_mode = False
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_start_token, self.image_end_token = "<image>", "</image>"
        self.image_id_start_token, self.image_id_end_token = "<image_id>", "</image_id>"

    def images(self, count):
        inputs = dict(
            grids=[(0, 0)] * count, num_patches_per_image=[1] * count, target_sizes=np.full((count, 2), 4))
        return [self.replace_image_token(inputs, n, image_token_divisor=16) for n in range(count)]

    def videos(self, counts):
        frames = sum(counts)
        inputs = dict(
            target_sizes_videos=np.full((frames, 2), 4), num_frames_per_video=counts,
            grids_videos=np.zeros((frames, 2), int))
        return [self.replace_video_token(inputs, n, video_token_divisor=16) for n in range(len(counts))]

    def ids(self, contents):
        names = [self.image_token if content == "image" else self.video_token for content in contents]
        text = ["\n".join(names + [QUESTION])]
        images = self.images(contents.count("image"))
        videos = self.videos([content for content in contents if content != "image"])
        # As __call__ does where use_image_id is what the published configuration says.
        images = self._prepend_local_ids(text, images, self.image_token)
        videos = self._prepend_local_ids(text, videos, self.video_token)
        text, _ = self.get_text_with_replacements(text, images, videos)
        return self.tokenizer(text)["input_ids"][0]


def main():
    processor = Processor(tokenizer())
    assert processor.tokenizer.convert_tokens_to_ids(SPECIALS) == [256 + n for n in range(len(SPECIALS))]
    prompts = [
        dict(contents=[0 if content == "image" else content for content in contents], ids=processor.ids(contents))
        for contents in PROMPTS]
    path = pathlib.Path(__file__).parent / "minicpmv.json"
    lines = ",\n".join("  " + json.dumps(prompt) for prompt in prompts)
    path.write_text('{\n "specials": %s,\n "question": "%s",\n "prompts": [\n%s\n ]\n}\n' % (
        json.dumps(SPECIALS), QUESTION, lines))


main()
