# SPDX-License-Identifier: Apache-2.0

"""The text that make_vocabulary_goldens.py trains its small vocabulary on and cuts its cases from: plain sentences,
written for this purpose, in many scripts, and things that tokenizers trip over."""

SENTENCES = {
    "english": [
        "A cat walks across the yard in the evening, stops at the porch and turns back.",
        "What came first, the bicycle or the delivery van? I think it's the van; they're both gone now.",
        "She'll say we've seen it, but I'd rather look again: nobody's there, and I'm sure they don't mind.",
        "The camera watches the street by day and by night, and remembers what it has seen.",
        "How many people passed the door between nine and ten o'clock? Three people passed, and one dog.",
    ],
    "french": [
        "Un chat traverse la cour, s'arrête devant la porte et s'en va; l'été, il dort à l'ombre.",
        "Où est passée la voiture bleue? Elle a déjà quitté la rue, peut-être vers la forêt.",
    ],
    "german": [
        "Größere Züge fahren früh über die Brücke; das Mädchen im Hof füttert süße Kätzchen.",
        "Die Straße ist nass, weil es in der Nacht heftig geregnet hat.",
    ],
    "spanish": ["¿Qué pasó primero? El niño cruzó la calle y el pájaro voló; ¡mañana volverá!"],
    "portuguese": ["O cão não está no quintal; amanhã voltará à porta, e então haverá pão."],
    "polish": ["Żółty rower stoi pod ścianą, a źrebię pije wodę ze studni; już świta."],
    "czech": ["Příliš tichý dům; kůň běží přes dvůr a děti se smějí."],
    "turkish": ["Küçük kedi bahçede uyuyor, yağmur yağınca eve giriyor; İstanbul'da kış ılık."],
    "vietnamese": ["Con mèo đi qua sân vào buổi tối, dừng lại ở cửa rồi quay về; trời mưa suốt đêm."],
    "russian": [
        "Кошка идёт через двор, останавливается у двери и уходит обратно.",
        "Сколько людей прошло мимо дома за ночь? Трое, и одна собака; утром всё было тихо.",
    ],
    "ukrainian": ["Їжак перейшов вулицю і сховався під ґанком; хто це бачив?"],
    "greek": [
        "Η γάτα περνά την αυλή το βράδυ, σταματά στην πόρτα και γυρίζει πίσω.",
        "Πόσοι άνθρωποι πέρασαν από τον δρόμο; Τρεις, και ένας σκύλος.",
    ],
    "arabic": ["تمشي القطة عبر الفناء في المساء وتتوقف عند الباب ثم تعود. كم شخصا مرّ من هنا؟ ثلاثةٌ وكلبٌ واحد."],
    "persian": ["گربه از حیاط می‌گذرد و کنار در می‌ایستد؛ چه کسی اول آمد؟"],
    "hebrew": ["החתול עובר בחצר בערב, עוצר ליד הדלת וחוזר. כמה אנשים עברו ברחוב? שָׁלוֹם לכולם."],
    "hindi": ["बिल्ली शाम को आँगन से गुज़रती है, दरवाज़े पर रुकती है और लौट जाती है। कितने लोग आए?"],
    "bengali": ["বিড়ালটি সন্ধ্যায় উঠোন পেরিয়ে দরজার কাছে থামে।"],
    "tamil": ["பூனை மாலையில் முற்றத்தைக் கடந்து கதவருகே நிற்கிறது."],
    "thai": ["แมวเดินผ่านสนามหญ้าตอนเย็น หยุดที่ประตูแล้วเดินกลับ มีคนผ่านไปกี่คน"],
    "georgian": ["კატა ეზოს გადაკვეთს და კართან ჩერდება."],
    "armenian": ["Կատուն անցնում է բակով և կանգնում դռան մոտ։"],
    "amharic": ["ድመቷ በግቢው በኩል አለፈች።"],
    "chinese": ["猫在傍晚穿过院子，停在门口，然后转身离开。", "最先来的是什么？是一辆自行车，还是送货的车？夜里有三个人经过。"],
    "traditional": ["貓在傍晚穿過院子，停在門口，然後轉身離開。"],
    "japanese": ["猫が夕方に庭を横切り、玄関で止まってから引き返した。", "最初に来たのは何ですか？　じてんしゃでしょうか、トラックでしょうか。"],
    "korean": ["고양이가 저녁에 마당을 가로질러 현관에서 멈췄다가 돌아간다. 밤에 몇 명이 지나갔습니까?"],
}

CODE = [
    "def total(values):\n    result = 0\n    for value in values:\n        result += value * 2  # twice\n"
    "    return result\n",
    "for (int i = 0; i < n; ++i) {\n\tif (a[i] != b[i]) return -1;\n}\n\n\treturn 0;\n",
    "let frames = stream.map { $0.time >= 12.5 ? \"late\" : 'early' }\r\n\r\nprint(frames.count)\r\n",
    '{"id": "gate-1", "video": "cam.mp4", "turns": [{"at": 12.0, "ask": "What is in view?"}]}',
    "https://example.org/a/b?c=d&e=%20f#g  <html><body class='x'>&nbsp;</body></html>",
    "SELECT count(*) FROM events WHERE kind = 'cat' AND t BETWEEN 10 AND 20; -- all\n",
]

EMOJI = [
    "😀 😂🤣 ❤️ 👍🏽 🐈‍⬛ 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷🇯🇵 1️⃣ #️⃣ ☎︎ ☎️ 🧑🏿‍🚀",
    "good🐶dog 🚲→🚗 ✅❌ ★☆ ©®™ €£¥₹ ½⅓¼ ①②③ Ⅷ ⅷ ² ₃",
]

# Each is looked at as it is and between words.
TRICKY = [
    # contractions
    "'s", "'S", "'t", "'T", "'re", "'RE", "'Re", "'rE", "'ve", "'VE", "'m", "'M", "'ll", "'LL", "'lL", "'d", "'D",
    "'x", "'r", "'v", "'l", "'le", "'sam", "'team", "''s", "'", "''", "' s", "’s", "’re", "'\u017f", "'\u017fam",
    "it's we'll I'D YOU'VE", "'\u00e9", "'1", "rock'n'roll", "'s't're've'm'll'd",
    # digits
    "0", "12", "123", "1234567890", "3.14159", "1,000,000", "x1y2", " 1", "  12", "1 2  3", "٠١٢٣", "१२३", "一二三",
    "Ⅻ", "½", "x²", "2e-10",
    # whitespace
    " ", "  ", "   ", "\t", "\t\t", "\n", "\n\n", "\r", "\r\n", "\r\n\r\n", " \n", "\n ", " \n ", "  \n  \n  ",
    "\t \n\t ",
    "a ", " a", "a  ", "  a", "a  b", "a   b", "a\tb", "a\t\tb", "a \tb", "a\t b", "a\nb", "a\n\nb", "a \n b", "a\n  b",
    "a\r\nb", "a\r\n\r\n  b", "a  \r\n", "\u00a0", "a\u00a0b", "a\u00a0\u00a0b", "a \u00a0b", "\u3000", "a\u3000b",
    "a\u3000\u3000b", "\u2003", "a\u2003b", "\u2028", "a\u2028b", "a\u2029\nb", "\u0085", "a\u0085b", "\u1680x",
    "\u205f\u202fx", "\u000b", "a\u000bb", "\u000c\n", "\u200b", "a\u200bb", "\ufeffa", "a\u2060b", "\u180e",
    "\u00a0\n\u00a0", "\u3000\r\n\u3000x", " \u00a0 .", "\u00a0.", "\t.", "\t!x", " !x", "  !x", "\n!x",
    "end.   \n   start", "x" + " " * 33 + "y", "\n" * 9, " \n" * 5, "\t" * 17 + "z",
    # punctuation
    ".", "...", "?!", "!?\n", "!\n\n", "!\r\nx", "! \n", " ...", "  ...", "--", "a-b", "a--b", "-a", ".a", "..a", " .a",
    "(a)", "((a))", "\"a\"", "«a»", "„a“", "¿a?", "a,b;c:d", "___", "_a_", "a_b", "@a", "#a", "$1", "%", "^^", "~~~",
    "`a`",
    "\\n", "/a/b", "<|", "|>", "<||>", "<|im", "im_end|>", "a.\nb", "a.\n\nb", "。", "、a", "！？", "…", "—a—", "·",
    # combining marks and normalization
    "é", "e\u0301", "ñ", "n\u0303", "Å", "\u212b", "A\u030a", "ﬁ", "①", "\u1100\u1161\u11a8", "각", "e\u0301\u0301",
    "a\u0323\u0307", "a\u0307\u0323", "\u0301", "\u0301a", " \u0301a", "x\u0301y", "q\u0307\u0323", "ö\u0308",
    "o\u0308",
    "Ω", "\u2126", "\u0958", "\u0915\u093c", "שׁ", "\ufb2a", "が", "か\u3099", "ﾊﾟ", "Å\u0327", "\u1e9b\u0323", "\u0344",
    "cafe\u0301 au lait", "Ame\u0301lie's", "\u0344\u0345", "\u0f71\u0f72\u0f74", "\U0001d15e", "\u2adc", "豈",
    # controls and rarities
    "\x00", "a\x00b", "\x01\x02\x03", "\x1b[31mred\x1b[0m", "\x7f", "\x80", "\x9f", "\ufffd", "\ufffe", "\uffff",
    "\U0010ffff", "\ue000", "\u00ad", "soft\u00adhyphen", "\u202eabc\u202c", "\u200d", "a\u200db", "𝔘𝔫𝔦", "𝟘𝟙", "𐍈",
    "𠮷",
    "ǅ", "ʰ", "ª", "ⅷ", "〇", "々", "ー", "ـ", "_ـ_", "ﷺ", "ﬀ", "İ", "ı", "ß", "ẞ", "ſ", "K",
    # special tokens inside text
    "<|im_start|>", "<|im_end|>", "<|im_start|>user\nHi<|im_end|>\n", "a<|im_end|>b", "a <|im_end|> b",
    "<|im_end|><|im_end|>", "<|im_end|>\n<|im_end|>", "<|im_end|", "<<|im_end|>>", "<|im_<|im_end|>end|>",
    "<|vision_start|><|image_pad|><|image_pad|><|vision_end|>What?", "<|endoftext|>", " <|endoftext|>",
    "a  <|im_end|>", "a  <|im_end|>  b", "x\n\n<|im_end|>\n\ny", "<|IM_END|>", "<tool_call>x</tool_call>", "<tool>",
    "<tool_call><tool_call_id>", "e<|im_end|>\u0301",
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|><|video_pad|>"
    "<|vision_end|>What came first?<|im_end|>\n<|im_start|>assistant\nThe van.<|im_end|>\n<|im_start|>user\n",
]
