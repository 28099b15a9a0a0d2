// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Tokenization

/// A byte-level BPE vocabulary that is made by rule and as large as a real one: the bytes, merges of two, three and
/// four letters, the special tokens of the Qwen families with their usual ids, and other families' image markers.
package struct SyntheticVocabulary {
  /// Number of tokens.
  package var size: Int

  /// Size of the smaller Qwen models' vocabulary.
  package static let usualSize = 151_936
  /// Id of the first special token in a vocabulary of usual size.
  private static let usualSpecialStart = 151_643

  private static let specials = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>", "<fake_token_around_image>", "<global-img>", "<|image_start|>",
    "<|image_end|>",
  ]

  private static let template =
    "{% for message in messages %}"
    + "{% if loop.first and message['role'] != 'system' %}"
    + "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    + "{% endif %}"
    + "<|im_start|>{{ message['role'] }}\n"
    + "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    + "{% for part in message['content'] %}"
    + "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    + "{% elif part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    + "{% elif 'text' in part %}{{ part['text'] }}{% endif %}"
    + "{% endfor %}{% endif %}"
    + "<|im_end|>\n"
    + "{% endfor %}"
    + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"

  /// Adds the metadata that a tokenizer reads.
  func write(into metadata: inout GGUFMetadata) {
    let specialStart = max(min(Self.usualSpecialStart, size - Self.specials.count), 0)
    let merges = merges(max(specialStart - ByteLevelAlphabet.scalars.count, 0))
    var tokens = ByteLevelAlphabet.scalars.map { String($0) } + merges.map { $0.left + $0.right } + Self.specials
    var kinds = Array(repeating: Int32(1), count: specialStart) + Self.specials.map { _ in 3 }
    for number in tokens.count..<max(size, tokens.count) {
      tokens.append("[PAD\(number)]")
      kinds.append(5)
    }
    metadata["tokenizer.ggml.model"] = .string("gpt2")
    metadata["tokenizer.ggml.pre"] = .string("qwen2")
    metadata["tokenizer.ggml.tokens"] = .array(GGUFArray(tokens))
    metadata["tokenizer.ggml.token_type"] = .array(GGUFArray(kinds))
    metadata["tokenizer.ggml.merges"] = .array(GGUFArray(merges.map { $0.left + " " + $0.right }))
    metadata["tokenizer.ggml.bos_token_id"] = .uint32(UInt32(clamping: specialStart))
    metadata["tokenizer.ggml.padding_token_id"] = .uint32(UInt32(clamping: specialStart))
    metadata["tokenizer.ggml.eos_token_id"] = .uint32(UInt32(clamping: specialStart + 2))
    metadata["tokenizer.ggml.add_bos_token"] = .bool(false)
    metadata["tokenizer.chat_template"] = .string(Self.template)
  }

  /// The first `count` merges, by rank. The left part of each is a letter or the result of an earlier merge.
  private func merges(_ count: Int) -> [(left: String, right: String)] {
    let letters = "abcdefghijklmnopqrstuvwxyz".map { String($0) }
    var merges: [(left: String, right: String)] = []
    var longest = letters
    while merges.count < count {
      var longer: [String] = []
      for left in longest {
        for right in letters where merges.count < count {
          merges.append((left, right))
          longer.append(left + right)
        }
      }
      longest = longer
    }
    return merges
  }
}
