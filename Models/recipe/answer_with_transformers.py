# SPDX-License-Identifier: Apache-2.0

"""Answer a request file with ``transformers``, in the result format of edgeassist.

The same frames (decoded and scaled by ffmpeg), the same weights, no cache
limit, greedy. What another program answers can be compared line by line.

    python -m recipe.answer_with_transformers HF_FOLDER requests.jsonl > reference.jsonl
"""

from __future__ import annotations

import argparse
import json
from functools import lru_cache
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import Qwen2VLForConditionalGeneration

from .patches import to_patches
from .video import read_frames
from .tokenizer import Words
from .world import SAMPLE


class Reference:
    """A loaded folder and the videos read so far."""

    def __init__(self, folder: Path):
        self.model = Qwen2VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
        self.words = Words(Tokenizer.from_file(str(folder / "tokenizer.json")))

    @lru_cache(maxsize=4)
    def tokens(self, video: Path) -> torch.Tensor:
        """Vision tokens of a whole file [pairs, tokens, hidden_size]."""
        patches = to_patches(read_frames(video))
        grid = int(patches.shape[1] ** 0.5)
        sizes = torch.tensor([[len(patches), grid, grid]])
        out = self.model.model.visual(patches.flatten(0, 1), sizes)
        return getattr(out, "pooler_output", out).view(len(patches), patches.shape[1] // 4, -1)

    @torch.no_grad()
    def answer(self, turns: list[dict], video: Path | None, limit: int = 96) -> list[str]:
        """Answers to the turns, each of which sees the ones before it."""
        words, answers = self.words, []
        text: list[int] = []
        for turn in turns:
            ids, positions, vision = list(words.opening), [], None
            if video:
                vision = self.tokens(video)
                if "at" in turn:
                    seen = sum(1 for pair in range(len(vision)) if (2 * pair + 1) * SAMPLE < turn["at"])
                    vision = vision[:seen]
                if not len(vision):
                    vision = None
            start = len(ids)
            place = torch.arange(start).expand(3, start)
            if vision is not None:
                pairs, count = vision.shape[:2]
                side = int(count**0.5)
                cell = torch.arange(pairs * count)
                here = torch.stack([cell // count, cell % count // side, cell % side]) + start + 1
                ids += words.vision_start + [words.video] * (pairs * count) + words.vision_end
                opened = torch.full((3, 1), start)
                closed = torch.full((3, 1), int(here.max()) + 1)
                place = torch.cat([place, opened, here, closed], 1)
            if text:
                text += words.to_question
            text = text + words(turn["ask"]) + words.to_answer
            given = self.greedy(ids, place, vision, text, limit)
            text += given + [words.end]
            answers.append(words.tokenizer.decode(given))
        return answers

    def greedy(
        self, ids: list[int], place: torch.Tensor, vision: torch.Tensor | None, text: list[int], limit: int
    ) -> list[int]:
        """The likeliest token, again and again, until the turn's end."""
        first = int(place.max()) + 1
        length = len(text)
        place = torch.cat([place, (first + torch.arange(length)).expand(3, length)], 1)
        embeddings = self.model.get_input_embeddings()
        tokens = torch.tensor([ids + text])
        x = embeddings(tokens)
        if vision is not None:
            mask = tokens == self.words.video
            x = x.masked_scatter(mask[..., None], vision.reshape(-1, x.shape[-1]))
        cache, given = None, []
        while len(given) < limit:
            out = self.model(
                inputs_embeds=x, position_ids=place[:, None], past_key_values=cache, use_cache=True
            )
            cache = out.past_key_values
            token = int(out.logits[0, -1].argmax())
            if token == self.words.end:
                break
            x = embeddings(torch.tensor([[token]]))
            place = torch.full((3, 1), first + length + len(given))
            given.append(token)
        return given


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("requests", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    reference = Reference(options.folder)
    for line in options.requests.read_text().splitlines():
        if not line.strip():
            continue
        request = json.loads(line)
        video = options.requests.parent / request["video"] if "video" in request else None
        turns = request.get("turns") or [{"ask": request["ask"]}]
        for index, answer in enumerate(reference.answer(turns, video)):
            result = {"id": request["id"], "turn": index, "status": "ok", "answer": answer}
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
