# SPDX-License-Identifier: Apache-2.0

"""Writes smolvlm.json: how Hugging Face transformers lays out a video for SmolVLM.

Made with transformers 5.23.0: the text that its processor puts in place of a video, each image's
tokens made one.
"""

import json
import pathlib
from types import SimpleNamespace

import numpy as np
from transformers.models.smolvlm import processing_smolvlm

SECONDS = [0.0, 1.5, 59.9, 61.0, 3725.0]


def main():
    # num2words is not needed for one number.
    processing_smolvlm.num2words = {len(SECONDS): "five"}.get
    processor = SimpleNamespace(
        image_seq_len=1, fake_image_token="<fake_token_around_image>", image_token="<image>",
        global_image_token="<global-img>")
    video = dict(
        pixel_values=np.zeros((1, len(SECONDS))),
        video_metadata=[SimpleNamespace(fps=1, duration=3726, timestamps=SECONDS)])
    prompt = processing_smolvlm.SmolVLMProcessor.replace_video_token(processor, video, 0)
    result = dict(seconds=SECONDS, introduction="five frames from a 1:02:06 [H:MM:SS] video", prompt=prompt)
    assert result["introduction"] in prompt
    path = pathlib.Path(__file__).parent / "smolvlm.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


main()
