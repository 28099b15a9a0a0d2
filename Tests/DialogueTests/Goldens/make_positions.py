# SPDX-License-Identifier: Apache-2.0

"""Writes positions.json: where Hugging Face transformers puts the tokens of a video on the RoPE timeline.

Made with transformers 5.23.0. For each family: a prompt of 5 text tokens, a video of 4 temporal patches of 2 x 3 merged
tokens sampled at 2 frames a second (Qwen3-VL with captions of given lengths between them), as three lists (time,
height, width) in the order of the sequence. Text after the video is left out: this version of transformers resumes it
by rows and columns alone for Qwen2-VL and Qwen2.5-VL.
"""

import json
import pathlib

import torch
from transformers import Qwen2_5_VLConfig, Qwen2VLConfig, Qwen3VLConfig
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLModel
from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLModel
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLModel

FRAMES, ROWS, COLUMNS, TEXT = 4, 2, 3, 5
# Mark, the time, mark; from the second on also the end of the frame before.
CAPTIONS = [7, 8, 8, 9]


def positions(model, kinds, **arguments):
    ids = torch.ones(1, len(kinds), dtype=torch.long)
    grid = torch.tensor([[FRAMES, 2 * ROWS, 2 * COLUMNS]])
    found, _ = model.get_rope_index(
        model, ids, torch.tensor([kinds], dtype=torch.int), video_grid_thw=grid, **arguments
    )
    return found[:, 0].tolist()


class Stand:
    """What get_rope_index asks of a model: its configuration and one method."""

    def __init__(self, kind, config):
        self.config = config
        self.kind = kind
        self.get_rope_index = kind.get_rope_index

    def get_vision_position_ids(self, *arguments, **named):
        return self.kind.get_vision_position_ids(self, *arguments, **named)


def main():
    video = FRAMES * ROWS * COLUMNS
    plain = [0] * TEXT + [2] * video
    captioned = [0] * TEXT
    for length in CAPTIONS:
        captioned += [0] * length + [2] * (ROWS * COLUMNS)
    halves = Qwen2_5_VLConfig()
    halves.vision_config.tokens_per_second = 2
    result = {
        "qwen2VL": positions(Stand(Qwen2VLModel, Qwen2VLConfig()), plain),
        "qwen25VL": positions(Stand(Qwen2_5_VLModel, halves), plain, second_per_grid_ts=torch.tensor([1.0])),
        "qwen25VL at 3 a second": positions(
            Stand(Qwen2_5_VLModel, halves), plain, second_per_grid_ts=torch.tensor([2 / 3])
        ),
        "qwen3VL": positions(Stand(Qwen3VLModel, Qwen3VLConfig()), captioned),
    }
    path = pathlib.Path(__file__).with_name("positions.json")
    path.write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
