#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Lays out conversations with the chat templates in Templates, and writes

  templates.json   conversations, and the text that each template makes of them

Reference: transformers 5.23.0 (PyPI), thinking switched off. Run here: python make_template_goldens.py

The templates are those of Qwen2 Instruct, Qwen2.5 Instruct (also Coder), Qwen2-VL (also Qwen2.5-VL), Qwen3, Qwen3-VL
Instruct and Thinking, Qwen3.5, SmolVLM2 and LLaVA-OneVision, as model files carry them.
"""
import json
import pathlib

from transformers.utils.chat_template_utils import render_jinja_template

HERE = pathlib.Path(__file__).parent
SEES = {"qwen2-vl", "qwen3-vl-instruct", "qwen3-vl-thinking", "llava-onevision", "smolvlm2"}
TAKES_PARTS = {"llava-onevision", "smolvlm2"}
CONVERSATIONS = [
    (None, ["What is in view?"]),
    ("You watch a door.", ["  Hello 猫, what now?\n "]),
    ("", ["And with no system's words?"]),
    (" Answer\nbriefly. ", ["What came first?", "The van. ", "And then?"]),
    (None, ["One?", "Two", "Three?", " Four\n\nand a bit", "Five"]),
    (None, ["  Two spaces?", "Yes.", "   Three?"]),
    (None, ["\nA line break?", "Yes.", "\n\n  Two, and spaces?"]),
]


def content(text, video, as_parts):
    if not video and not as_parts:
        return text
    return ([{"type": "video"}] if video else []) + [{"type": "text", "text": text}]


def main():
    cases = []
    for path in sorted((HERE / "Templates").glob("*.jinja")):
        name = path.stem
        for system, turns in CONVERSATIONS:
            if name == "smolvlm2":
                # The test's vocabulary has no token for the end of its turns, so a space before it would join it.
                turns = [turn.rstrip() for turn in turns]
            for video in [False, True] if name in SEES else [False]:
                messages = [] if system is None else [("system", system)]
                messages += [(["user", "assistant"][index % 2], text) for index, text in enumerate(turns)]
                first = len(messages) - len(turns)
                conversation = [
                    {"role": role, "content": content(text, video and index == first, name in TAKES_PARTS)}
                    for index, (role, text) in enumerate(messages)
                ]
                rendered, _ = render_jinja_template(
                    conversations=[conversation], chat_template=path.read_text(), add_generation_prompt=True,
                    enable_thinking=False,
                )
                case = {"template": name, "turns": turns, "video": video, "text": rendered[0]}
                if system is not None:
                    case["system"] = system
                cases.append(case)
    (HERE / "templates.json").write_text(json.dumps(cases, ensure_ascii=False, indent=0) + "\n")


if __name__ == "__main__":
    main()
