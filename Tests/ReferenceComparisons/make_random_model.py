# SPDX-License-Identifier: Apache-2.0

"""Writes a model of a published shape with random weights: language model and vision tower as GGUF, in F16.

Reference: gguf 0.19, numpy 2; the sizes are those of the published configurations, the tensor names and keys those that
           llama.cpp's converter writes (llama-cpp-python 0.3.36).
Run:       python make_random_model.py --shape qwen2-vl-2b --out DIR [--layers N] [--seed N]
           writes DIR/SHAPE-F16.gguf and, for models that see, DIR/mmproj-SHAPE-F16.gguf

The weights say nothing; everything else is as in a real file: shapes, types, a byte-level tokenizer of full size whose
special tokens have their real numbers, and a chat template that renders as the family's does. The vocabulary is made by
rule: English words, Chinese characters, then syllables until it is full. Tensors are written piece by piece, so memory
stays small whatever the model's size.
"""

import argparse
import dataclasses
import itertools
import pathlib

import numpy as np
from gguf import GGUFWriter, TokenType

from published_models import FIRST_SPECIAL, SHAPES

# MARK: Files written piece by piece

PIECE = 1 << 22


class StreamedFile:
    """Declares tensors, then writes the header and their contents in that order."""

    def __init__(self, path, architecture, seed):
        self.writer = GGUFWriter(str(path), architecture)
        self.rng = np.random.default_rng(seed)
        self.contents = []

    def matrix(self, name, *shape, deviation=None):
        """Random numbers in F16, rows of the last extent; by default an output varies as much as an input."""
        if deviation is None:
            deviation = float(np.prod(shape[1:])) ** -0.5
        self.declare(name, shape, np.float16, self.pieces(int(np.prod(shape)), deviation, 0.0))

    def vector(self, name, count, around=0.0):
        self.declare(name, (count,), np.float32, self.pieces(count, 0.1, around))

    def declare(self, name, shape, kind, pieces):
        """A tensor whose contents come, when their turn is there, as one array after the other."""
        kind = np.dtype(kind)
        self.writer.add_tensor_info(name, shape, kind, int(np.prod(shape)) * kind.itemsize)
        self.contents.append((kind, pieces))

    def pieces(self, count, deviation, around):
        for start in range(0, count, PIECE):
            numbers = self.rng.standard_normal(min(PIECE, count - start), dtype=np.float32)
            numbers *= deviation
            numbers += around
            yield numbers

    def close(self):
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_ti_data_to_file()
        file = self.writer.fout[0]
        for kind, pieces in self.contents:
            self.writer.write_padding(file, file.tell())
            for piece in pieces:
                piece.astype(kind).tofile(file)
        self.writer.write_padding(file, file.tell())
        self.writer.close()


# MARK: The tokenizer

WORDS = """
the of and to a in is it you that he was for on are with as I his they be at one have this from or had by hot but some
what there we can out other were all your when up use word how said an each she which do their time if will way about
many then them would write like so these her long make thing see him two has look more day could go come did my sound no
most number who over know water than call first people may down side been now find any new work part take get place made
live where after back little only round man year came show every good me give our under name very through just form much
great think say help low line before turn cause same mean differ move right boy old too does tell sentence set three
want air well also play small end put home read hand port large spell add even land here must big high such follow act
why ask men change went light kind off need house picture try us again animal point mother world near build self earth
father head stand own page should country found answer school grow study still learn plant cover food sun four thought
let keep eye never last door between city tree cross since hard start might story saw far sea draw left late run
while press close night real life few stop open seem together next white children begin got walk example ease paper
often always music those both mark book letter until mile river car feet care second group carry took rain eat room
friend began idea fish mountain north once base hear horse cut sure watch color face wood main video frame scene person
dog cat street camera image describe happening question screen table green blue red yellow black assistant system user
""".split()


def byte_alphabet():
    """The character that stands for each byte in a byte-level vocabulary, in the order of the vocabulary's numbers."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    characters = [chr(byte) for byte in printable] + [chr(256 + index) for index in range(len(others))]
    return dict(zip(printable + others, characters))


def spelled(text, alphabet):
    return [alphabet[byte] for byte in text.encode()]


def merge_rules(count, alphabet):
    """Pairs that merge, most important first: each part is a byte or the result of an earlier pair."""
    known = set(alphabet.values())
    rules = []

    def add(left, right):
        if len(rules) < count and left in known and right in known and left + right not in known:
            known.add(left + right)
            rules.append((left, right))

    space = alphabet[ord(" ")]
    for word in WORDS:
        for start in (space, ""):
            letters = ([start] if start else []) + spelled(word, alphabet)
            for end in range(1, len(letters)):
                add("".join(letters[:end]), letters[end])
    for code in range(0x4E00, 0xA000):
        first, second, third = spelled(chr(code), alphabet)
        add(first, second)
        add(first + second, third)
    consonants, vowels = "bcdfghjklmnpqrstvwxyz", "aeiou"
    open_syllables = [c + v for c in consonants for v in vowels]
    closed_syllables = [s + c for s in open_syllables for c in consonants]
    for syllable in open_syllables:
        add(syllable[0], syllable[1])
    for syllable in closed_syllables:
        add(syllable[:2], syllable[2])
    for syllable in open_syllables + closed_syllables:
        add(space, syllable)
    for left, right in itertools.product(closed_syllables, open_syllables):
        add(left, right)
    assert len(rules) == count, "the rules do not fill the vocabulary"
    return rules


def add_tokenizer(writer, shape):
    alphabet = byte_alphabet()
    first = min(FIRST_SPECIAL, shape.vocabulary - len(shape.specials))
    rules = merge_rules(first - 256, alphabet)
    tokens = list(alphabet.values()) + [left + right for left, right in rules] + list(shape.specials)
    # Words of a tool's or a thought's markup count as text when they are shown.
    kinds = [TokenType.NORMAL] * first
    kinds += [TokenType.CONTROL if token.startswith("<|") or token in ("<image>", "<video>") else TokenType.USER_DEFINED
              for token in shape.specials]
    for number in range(len(tokens), shape.vocabulary):
        tokens.append(f"[PAD{number}]")
        kinds.append(TokenType.UNUSED)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{left} {right}" for left, right in rules])
    writer.add_eos_token_id(first + 2)
    writer.add_pad_token_id(first)
    writer.add_bos_token_id(first)
    writer.add_add_bos_token(False)
    writer.add_chat_template(shape.template)


# MARK: The language model


def add_sizes(writer, shape):
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    if shape.architecture == "lfm2":
        writer.add_head_count_kv([shape.key_value_heads if shape.has_attention(layer) else 0
                                  for layer in range(shape.layers)])
        writer.add_shortconv_l_cache(3)
    else:
        writer.add_head_count_kv(shape.key_value_heads)
    if shape.architecture == "qwen35":
        keys, values = shape.delta_heads
        writer.add_rope_dimension_count(2 * sum(shape.sections))
        writer.add_full_attention_interval(4)
        writer.add_ssm_conv_kernel(4)
        writer.add_ssm_state_size(128)
        writer.add_ssm_group_count(keys)
        writer.add_ssm_time_step_rank(values)
        writer.add_ssm_inner_size(128 * values)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(shape.base)
    if shape.has_head_norms:
        writer.add_key_length(shape.head)
        writer.add_value_length(shape.head)
    if shape.sections:
        writer.add_rope_dimension_sections(list(shape.sections))
    if shape.vision and shape.vision.deepstack:
        writer.add_num_deepstack_layers(len(shape.vision.deepstack))


def add_layers(file, shape):
    queries, keys = shape.heads * shape.head, shape.key_value_heads * shape.head
    for index in range(shape.layers):
        p = f"blk.{index}."
        file.vector(p + "attn_norm.weight", shape.width, around=1.0)
        if not shape.has_attention(index):
            add_recurrence(file, shape, p)
        else:
            # Qwen3.5's queries come with what gates the output.
            gated = 2 * queries if shape.architecture == "qwen35" else queries
            for part, rows in (("q", gated), ("k", keys), ("v", keys)):
                file.matrix(p + f"attn_{part}.weight", rows, shape.width)
                if shape.has_biases:
                    file.vector(p + f"attn_{part}.bias", rows)
            if shape.has_head_norms:
                file.vector(p + "attn_q_norm.weight", shape.head, around=1.0)
                file.vector(p + "attn_k_norm.weight", shape.head, around=1.0)
            file.matrix(p + "attn_output.weight", shape.width, queries)
        norm = "post_attention_norm" if shape.architecture == "qwen35" else "ffn_norm"
        file.vector(p + norm + ".weight", shape.width, around=1.0)
        file.matrix(p + "ffn_gate.weight", shape.feed_forward, shape.width)
        file.matrix(p + "ffn_up.weight", shape.feed_forward, shape.width)
        file.matrix(p + "ffn_down.weight", shape.width, shape.feed_forward)


def last_norm(shape):
    return "token_embd_norm.weight" if shape.architecture == "lfm2" else "output_norm.weight"


def add_recurrence(file, shape, p):
    width = shape.width
    if shape.architecture == "lfm2":
        file.matrix(p + "shortconv.in_proj.weight", 3 * width, width)
        file.declare(p + "shortconv.conv.weight", (width, 3), np.float32, file.pieces(3 * width, 0.6, 0.0))
        file.matrix(p + "shortconv.out_proj.weight", width, width)
        return
    keys, heads = shape.delta_heads
    values = 128 * heads
    channels = 2 * 128 * keys + values
    file.matrix(p + "attn_qkv.weight", channels, width)
    file.matrix(p + "attn_gate.weight", values, width)
    file.matrix(p + "ssm_alpha.weight", heads, width)
    file.matrix(p + "ssm_beta.weight", heads, width)
    file.declare(p + "ssm_conv1d.weight", (channels, 4), np.float32, file.pieces(4 * channels, 0.5, 0.0))
    file.vector(p + "ssm_a", heads, around=-1.0)
    file.vector(p + "ssm_dt.bias", heads)
    file.vector(p + "ssm_norm.weight", 128, around=1.0)
    file.matrix(p + "ssm_out.weight", width, values)


def write_language_model(path, name, shape, seed):
    file = StreamedFile(path, shape.architecture, seed)
    file.writer.add_type("model")
    file.writer.add_name(f"Random weights in the shape of {name}")
    file.writer.add_file_type(1)
    add_sizes(file.writer, shape)
    add_tokenizer(file.writer, shape)
    file.matrix("token_embd.weight", shape.vocabulary, shape.width)
    file.vector(last_norm(shape), shape.width, around=1.0)
    if not shape.tied:
        file.matrix("output.weight", shape.vocabulary, shape.width)
    add_layers(file, shape)
    file.close()


# MARK: The vision tower

LEARNED_POSITIONS = ("qwen3vl_merger", "mlp")


def linear(file, name, rows, *columns):
    file.matrix(name + ".weight", rows, *columns)
    file.vector(name + ".bias", rows)


def layer_norm(file, name, count):
    file.vector(name + ".weight", count, around=1.0)
    file.vector(name + ".bias", count)


def add_vision_sizes(writer, vision, shape):
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type(vision.projector)
    sizes = dict(projection_dim=shape.width, image_size=vision.side, patch_size=vision.patch,
                 embedding_length=vision.width, feed_forward_length=vision.feed_forward, block_count=vision.layers,
                 spatial_merge_size=2)
    for key, value in sizes.items():
        writer.add_uint32("clip.vision." + key, value)
    writer.add_uint32("clip.vision.attention.head_count", vision.heads)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-6)
    writer.add_array("clip.vision.image_mean", list(vision.mean))
    writer.add_array("clip.vision.image_std", list(vision.deviation))
    if vision.projector == "qwen2.5vl_merger":
        writer.add_bool("clip.use_silu", True)
        writer.add_uint32("clip.vision.n_wa_pattern", 8)
    if vision.projector in LEARNED_POSITIONS:
        writer.add_bool("clip.use_gelu", True)
    if vision.projector == "qwen3vl_merger":
        writer.add_array("clip.vision.is_deepstack_layers",
                         [index in vision.deepstack for index in range(vision.layers)])


def add_vision_block(file, vision, index):
    p, width = f"v.blk.{index}.", vision.width
    if vision.projector == "qwen2.5vl_merger":
        file.vector(p + "ln1.weight", width, around=1.0)
        file.vector(p + "ln2.weight", width, around=1.0)
        linear(file, p + "ffn_gate", vision.feed_forward, width)
    else:
        layer_norm(file, p + "ln1", width)
        layer_norm(file, p + "ln2", width)
    if vision.projector == "qwen3vl_merger":
        linear(file, p + "attn_qkv", 3 * width, width)
    else:
        for part in "qkv":
            linear(file, p + f"attn_{part}", width, width)
    linear(file, p + "attn_out", width, width)
    linear(file, p + "ffn_up", vision.feed_forward, width)
    linear(file, p + "ffn_down", width, vision.feed_forward)


def write_vision_tower(path, name, shape, seed):
    vision, merged = shape.vision, 4 * shape.vision.width
    file = StreamedFile(path, "clip", seed)
    file.writer.add_type("mmproj")
    file.writer.add_name(f"Random weights in the shape of {name}")
    file.writer.add_file_type(1)
    add_vision_sizes(file.writer, vision, shape)
    file.matrix("v.patch_embd.weight", vision.width, 3, vision.patch, vision.patch)
    if vision.projector != "mlp":
        file.matrix("v.patch_embd.weight.1", vision.width, 3, vision.patch, vision.patch)
    if vision.projector in LEARNED_POSITIONS:
        file.vector("v.patch_embd.bias", vision.width)
        file.matrix("v.position_embd.weight", (vision.side // vision.patch) ** 2, vision.width)
    for index in range(vision.layers):
        add_vision_block(file, vision, index)
        if index in vision.deepstack:
            p = f"v.deepstack.{index}."
            layer_norm(file, p + "norm", merged)
            linear(file, p + "fc1", merged, merged)
            linear(file, p + "fc2", shape.width, merged)
    if vision.projector == "qwen2.5vl_merger":
        file.vector("v.post_ln.weight", vision.width, around=1.0)
    elif vision.projector != "mlp":
        layer_norm(file, "v.post_ln", vision.width)
    if vision.projector == "mlp":
        file.vector("model.image_newline", shape.width)
        linear(file, "mm.0", shape.width, vision.width)
        linear(file, "mm.2", shape.width, shape.width)
    else:
        linear(file, "mm.0", merged, merged)
        linear(file, "mm.2", shape.width, merged)
    file.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", required=True, choices=sorted(SHAPES))
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--layers", type=int, help="fewer layers of the language model than the shape has")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shape = SHAPES[options.shape]
    if options.layers:
        deepest = len(shape.vision.deepstack) if shape.vision else 0
        if options.layers <= deepest:
            parser.error(f"{options.shape} adds vision features after its first {deepest} layers and needs more")
        shape = dataclasses.replace(shape, layers=options.layers)
    write_language_model(options.out / f"{options.shape}-F16.gguf", options.shape, shape, options.seed)
    if shape.vision:
        write_vision_tower(options.out / f"mmproj-{options.shape}-F16.gguf", options.shape, shape, options.seed + 1)


if __name__ == "__main__":
    main()
