# SPDX-License-Identifier: Apache-2.0

"""Talk that needs no video, and questions the model cannot answer."""

from __future__ import annotations

import numpy as np

from .questions import WORDINGS, Question, a, many
from .sprites import THINGS

HELLO = "Hello. I watch a doorstep camera."
SELF = "I am a tiny doorstep camera model."
SKILL = "I can tell what came, when, where it went and how many there were."
UNKNOWN = "I do not know."
NO_VIDEO = "I do not see a video."

#: Short exchanges: what people say, what the model says.
SMALL_TALK = [
    (["Hello", "Hello!", "Hi", "Hi!", "Hi there", "Hey", "Good morning", "Good evening", "Good day"], HELLO),
    (["Who are you?", "What are you?", "What is your name?", "Are you a robot?", "Are you human?"], SELF),
    (["What can you do?", "How can you help me?", "What do you know?", "Help", "What can I ask you?"], SKILL),
    (["Thanks", "Thank you", "Thank you!", "Great, thanks", "Well done"], "You are welcome."),
    (["Bye", "Goodbye", "See you", "Good night"], "Goodbye."),
    (["How are you?", "Are you well?"], "I am fine, thank you."),
    (["Can you see me?", "Do you see a video?", "Is there a video?"], NO_VIDEO),
]

#: Questions outside its world.
OUTSIDE = [
    "What is the weather like?", "Is it raining?", "How warm is it?", "What colour is the {x}?", "Who is the person?",
    "How old is the {x}?", "Whose {x} is that?", "How fast was the {x}?", "Why did the {x} come?",
    "How big is the {x}?",
    "What is the capital of France?", "What is two plus two?", "What is 7 times 8?", "Who wrote Hamlet?",
    "What day is it today?", "What is the date?", "What year is it?", "What is the news?", "Tell me a joke.",
    "Write a poem.", "Sing a song.", "What is the meaning of life?", "Who is the president?", "How do I cook rice?",
    "What is in the package?", "Where does the {x} live?", "What is the name of the {x}?", "Is the {x} happy?",
    "What will come next?", "Who will win the game?", "What is my name?", "Where am I?", "How tall is the person?",
    "What does the sign say?", "Is the door locked?", "What is behind the door?", "Write a program.", "What is love?",
    "Which country is this?", "How much does the {x} cost?", "What is the number plate?", "Can you call the police?",
    "Translate this into German.", "What should I do?", "Do you like the {x}?", "What do you think about the {x}?",
]


def outside(rng: np.random.Generator) -> Question:
    """A question it has to leave open."""
    ask = OUTSIDE[rng.integers(len(OUTSIDE))].format(x=THINGS[rng.integers(len(THINGS))])
    return Question("unknown", ask, UNKNOWN)


def small_talk(rng: np.random.Generator) -> Question:
    asks, answer = SMALL_TALK[rng.integers(len(SMALL_TALK) - 1)]
    return Question("chat", asks[rng.integers(len(asks))], answer)


def without_video(rng: np.random.Generator) -> Question:
    """Something said when no video is there."""
    chance = rng.random()
    if chance < 0.4:
        asks, answer = SMALL_TALK[rng.integers(len(SMALL_TALK))]
        return Question("chat", asks[rng.integers(len(asks))], answer)
    if chance < 0.75:
        kind = list(WORDINGS)[rng.integers(len(WORDINGS))]
        thing = THINGS[rng.integers(len(THINGS))]
        wordings = WORDINGS[kind]
        ask = wordings[rng.integers(len(wordings))].format(x=thing, a=a(thing), s=many(thing))
        return Question("chat", ask, NO_VIDEO)
    return outside(rng)
