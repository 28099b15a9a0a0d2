# SPDX-License-Identifier: Apache-2.0

"""Write the trained weights as a Hugging Face folder of Qwen2-VL."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, Qwen2VLConfig, Qwen2VLForConditionalGeneration

from .checkpoint import load
from .model import Shape, TinyQwen2VL
from .patches import MEAN, SPREAD
from .tokenizer import SPECIAL, TEMPLATE, Words


def config_of(shape: Shape, words: Words) -> Qwen2VLConfig:
    """The configuration that makes ``transformers`` build the same model."""
    number = words.tokenizer.token_to_id
    text = {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_heads,
        "max_position_embeddings": 32768,
        "rms_norm_eps": shape.epsilon,
        "tie_word_embeddings": True,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": shape.rope_base,
            "mrope_section": list(shape.rope_sections),
        },
        "bos_token_id": words.pad,
        "eos_token_id": words.end,
        "pad_token_id": words.pad,
    }
    vision = {
        "depth": shape.vision_layers,
        "embed_dim": shape.vision_hidden_size,
        "hidden_size": shape.hidden_size,
        "num_heads": shape.vision_heads,
        "mlp_ratio": shape.vision_ratio,
        "patch_size": shape.patch,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "in_channels": 3,
    }
    return Qwen2VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
        tie_word_embeddings=True,
    )


def to_hf(model: TinyQwen2VL, words: Words) -> Qwen2VLForConditionalGeneration:
    """The same weights in the class of ``transformers``."""
    shape = model.shape
    twin = Qwen2VLForConditionalGeneration(config_of(shape, words))
    state = {f"model.{name}": value for name, value in model.state_dict().items()}
    patch = "model.visual.patch_embed.proj.weight"
    state[patch] = state[patch].view(-1, 3, 2, shape.patch, shape.patch)
    state["lm_head.weight"] = state["model.language_model.embed_tokens.weight"]
    missing, unexpected = twin.load_state_dict(state, strict=False)
    if missing or unexpected:
        raise ValueError(f"weights do not match: missing {missing}, unexpected {unexpected}")
    return twin.eval()


def write_folder(model: TinyQwen2VL, words: Words, folder: Path) -> None:
    """Weights, configuration, tokenizer and image settings."""
    to_hf(model, words).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=words.tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL,
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    preprocessor = {
        "image_processor_type": "Qwen2VLImageProcessor",
        "patch_size": model.shape.patch,
        "temporal_patch_size": 2,
        "merge_size": 2,
        "min_pixels": model.shape.side**2,
        "max_pixels": model.shape.side**2,
        "image_mean": list(MEAN),
        "image_std": list(SPREAD),
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=1) + "\n")


def read_model(vision: Path, decoder: Path) -> TinyQwen2VL:
    """The tower from one checkpoint, the decoder from another; the later one wins."""
    model = TinyQwen2VL(Shape())
    for path in (vision, decoder):
        if not path.exists():
            raise FileNotFoundError(path)
        load(path, {"visual": model.visual, "language_model": model.language_model})
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--vision", type=Path, required=True, help="checkpoint with the tower")
    parser.add_argument("--decoder", type=Path, required=True, help="checkpoint with the decoder")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    write_folder(read_model(options.vision, options.decoder), Words.read(options.words), options.out)


if __name__ == "__main__":
    main()
