# SPDX-License-Identifier: Apache-2.0

"""What programs of the family do: small steps over numbers, lists, words and strings.

A step may have several readings ("sort" from the smallest or from the largest); a statement can name one, or leave it
open, and then only the examples tell which is meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: Kinds of values: the variable that holds one, how it is read, how it is printed.
VARIABLES = {"numbers": "a", "words": "w", "text": "s", "number": "n"}
READ = {
    "numbers": "a = list(map(int, input().split()))",
    "words": "w = input().split()",
    "text": "s = input()",
    "number": "n = int(input())",
}
PRINT = {"numbers": "print(*a)", "words": "print(*w)", "text": "print(s)", "number": "print(n)"}
READ_PLAN = {
    "numbers": "Read a list of integers.",
    "words": "Read a line of words.",
    "text": "Read a line of text.",
    "number": "Read an integer.",
}
PRINT_PLAN = {
    "numbers": "Print the numbers.", "words": "Print the words.", "text": "Print the text.",
    "number": "Print the number."
}


@dataclass(frozen=True)
class Reading:
    """One exact meaning of a step: a line of a plan, lines of a program, and ways to say it.

    ``say`` are orders ("keep only the even numbers"), ``name`` are phrases for the result ("the even numbers of {x}").
    """

    plan: str
    code: str
    say: tuple[str, ...]
    name: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    key: str
    takes: str
    gives: str
    readings: tuple[Reading, ...]
    #: Ways to say it that leave the reading open: orders, and phrases for the result.
    open_say: tuple[str, ...] = ()
    open_name: tuple[str, ...] = ()
    #: The constant in it: a small integer from this range, or letters.
    low: int = 0
    high: int = 0
    letters: int = 0
    #: Largest number it is given, so that programs stay quick.
    limit: int = 10**6


OPERATIONS: dict[str, Operation] = {}


def add(key, takes, gives, *readings, say="", name="", k=(0, 0), letters=0, limit=10**6):
    """Register a step. ``readings`` are (plan, code, orders, names), alternatives separated by "|"."""
    made = tuple(Reading(plan, code, tuple(s.split("|")), tuple(n.split("|"))) for plan, code, s, n in readings)
    OPERATIONS[key] = Operation(
        key, takes, gives, made, tuple(say.split("|")) if say else (), tuple(name.split("|")) if name else (), k[0],
        k[1], letters, limit,
    )


# --- lists of numbers ----------------------------------------------------------------
add("even", "numbers", "numbers", ("Keep the even numbers.", "a = [x for x in a if x % 2 == 0]",
    "keep only the even numbers|drop the odd numbers", "the even numbers of {x}|the even ones of {x}"))
add("odd", "numbers", "numbers", ("Keep the odd numbers.", "a = [x for x in a if x % 2 == 1]",
    "keep only the odd numbers|drop the even numbers", "the odd numbers of {x}|the odd ones of {x}"))
add("positive", "numbers", "numbers", ("Keep the positive numbers.", "a = [x for x in a if x > 0]",
    "keep only the positive numbers|leave out all numbers that are not positive", "the positive numbers of {x}"))
add("negative", "numbers", "numbers", ("Keep the negative numbers.", "a = [x for x in a if x < 0]",
    "keep only the negative numbers", "the negative numbers of {x}"))
add("above", "numbers", "numbers",
    ("Keep the numbers greater than {k}.", "a = [x for x in a if x > {k}]",
     "keep only the numbers greater than {k}|drop the numbers that are at most {k}",
     "the numbers greater than {k} of {x}"),
    ("Keep the numbers that are at least {k}.", "a = [x for x in a if x >= {k}]",
     "keep only the numbers that are at least {k}|drop the numbers less than {k}",
     "the numbers of at least {k} of {x}"),
    say="keep the numbers from {k} on|let only numbers past {k} through", name="the numbers past {k} of {x}", k=(1, 9))
add("multiples", "numbers", "numbers", ("Keep the multiples of {k}.", "a = [x for x in a if x % {k} == 0]",
    "keep only the multiples of {k}|keep the numbers that {k} divides", "the multiples of {k} of {x}"), k=(3, 5))
add("plus", "numbers", "numbers", ("Add {k} to each number.", "a = [x + {k} for x in a]",
    "add {k} to each number|increase every number by {k}", "{x} with {k} added to each"), k=(1, 9))
add("times", "numbers", "numbers", ("Multiply each number by {k}.", "a = [x * {k} for x in a]",
    "multiply each number by {k}", "{x} multiplied by {k} each"), k=(2, 9))
add("squares", "numbers", "numbers", ("Square each number.", "a = [x * x for x in a]",
    "square each number|replace each number by its square", "the squares of {x}"))
add("negate", "numbers", "numbers", ("Negate each number.", "a = [-x for x in a]",
    "change the sign of each number|negate each number", "the negatives of {x}"))
add("absolute", "numbers", "numbers", ("Take the absolute value of each number.", "a = [abs(x) for x in a]",
    "take the absolute value of each number|drop all minus signs", "the absolute values of {x}"))
add("sort", "numbers", "numbers",
    ("Sort the numbers from smallest to largest.", "a = sorted(a)",
     "sort the numbers from smallest to largest|sort the numbers in ascending order", "{x} in ascending order"),
    ("Sort the numbers from largest to smallest.", "a = sorted(a, reverse=True)",
     "sort the numbers from largest to smallest|sort the numbers in descending order", "{x} in descending order"),
    say="sort the numbers|put the numbers in order", name="{x} in order")
add("reverse", "numbers", "numbers", ("Reverse the list.", "a = a[::-1]",
    "reverse the list|turn the list around", "{x} from back to front"))
add("unique", "numbers", "numbers",
    ("Keep the first of equal numbers.", "a = list(dict.fromkeys(a))",
     "keep each number only once, where it comes first", "the distinct numbers of {x}"),
    ("Keep the numbers that occur once.", "a = [x for x in a if a.count(x) == 1]",
     "keep only numbers that occur exactly once", "the numbers that occur exactly once in {x}"),
    say="get rid of repeated numbers|remove duplicates", name="{x} without repeated numbers")
add("take", "numbers", "numbers",
    ("Keep the first {k} numbers.", "a = a[:{k}]", "keep the first {k} numbers", "the first {k} of {x}"),
    ("Keep the last {k} numbers.", "a = a[-{k}:]", "keep the last {k} numbers", "the last {k} of {x}"),
    say="keep just {k} numbers|shorten the list to {k} numbers", name="{k} numbers of {x}", k=(2, 4))
add("drop", "numbers", "numbers",
    ("Drop the first {k} numbers.", "a = a[{k}:]", "drop the first {k} numbers", "{x} without the first {k}"),
    ("Drop the last {k} numbers.", "a = a[:-{k}]", "drop the last {k} numbers", "{x} without the last {k}"),
    say="cut {k} numbers off the list", name="{x} with {k} numbers cut off", k=(1, 3))
add("running", "numbers", "numbers", ("Replace the numbers by their running sums.",
    "t = 0\nb = []\nfor x in a:\n    t += x\n    b.append(t)\na = b",
    "replace each number by the sum of all numbers up to it|form the running sums", "the running sums of {x}"))
add("differences", "numbers", "numbers",
    ("Subtract each number from the next one.", "a = [y - x for x, y in zip(a, a[1:])]",
     "subtract each number from the one after it", "the steps from each to the next of {x}"),
    ("Subtract from each number the next one.", "a = [x - y for x, y in zip(a, a[1:])]",
     "subtract from each number the one after it", "the drops from each to the next of {x}"),
    say="take the differences between neighbours", name="the differences between neighbours of {x}")
add("second", "numbers", "numbers",
    ("Keep every second number from the first on.", "a = a[::2]",
     "keep every second number, starting with the first", "every second number from the first on of {x}"),
    ("Keep every second number from the second on.", "a = a[1::2]",
     "keep every second number, starting with the second", "every second number from the second on of {x}"),
    say="keep every second number|skip every other number", name="every other number of {x}")
add("rotate", "numbers", "numbers",
    ("Move the first number to the end.", "a = a[1:] + a[:1]",
     "move the first number to the end", "{x} with the first moved to the end"),
    ("Move the last number to the front.", "a = a[-1:] + a[:-1]",
     "move the last number to the front", "{x} with the last moved to the front"),
    say="rotate the list by one place", name="{x} rotated by one place")
add("clip", "numbers", "numbers", ("Replace negative numbers by 0.", "a = [max(x, 0) for x in a]",
    "replace negative numbers by 0|set all negative numbers to zero", "{x} with zeros for negative numbers"))
add("remainders", "numbers", "numbers", ("Take the remainder of each number by {k}.", "a = [x % {k} for x in a]",
    "take each number's remainder when divided by {k}", "the remainders by {k} of {x}"), k=(2, 9))
add("digitsums", "numbers", "numbers", ("Take the digit sum of each number.",
    "a = [sum(map(int, str(abs(x)))) for x in a]",
    "replace each number by the sum of its digits", "the digit sums of {x}"))

# --- from lists to one number ----------------------------------------------------------
add("sum", "numbers", "number", ("Take the sum.", "n = sum(a)", "add all numbers up|take the sum",
     "the sum of {x}|the total of {x}"))
add("product", "numbers", "number", ("Take the product.", "n = 1\nfor x in a:\n    n *= x",
    "multiply all numbers together|take the product", "the product of {x}"))
add("max", "numbers", "number", ("Take the largest number, 0 if there is none.", "n = max(a, default=0)",
    "take the largest number|find the maximum", "the largest of {x}|the maximum of {x}"))
add("min", "numbers", "number", ("Take the smallest number, 0 if there is none.", "n = min(a, default=0)",
    "take the smallest number|find the minimum", "the smallest of {x}|the minimum of {x}"))
add("count", "numbers", "number", ("Count the numbers.", "n = len(a)",
    "count how many numbers there are|count the numbers", "the count of {x}|how many there are of {x}"))
add("head", "numbers", "number", ("Take the first number, 0 if there is none.", "n = a[0] if a else 0",
    "take the first number", "the first of {x}"))
add("tail", "numbers", "number", ("Take the last number, 0 if there is none.", "n = a[-1] if a else 0",
    "take the last number", "the last of {x}"))
add("span", "numbers", "number", ("Take the largest minus the smallest.", "n = max(a) - min(a) if a else 0",
    "subtract the smallest number from the largest", "the span of {x}"))
add("distinct", "numbers", "number", ("Count the distinct numbers.", "n = len(set(a))",
    "count the different numbers", "the number of different values of {x}"))
add("average", "numbers", "number",
    ("Take the average rounded down.", "n = sum(a) // len(a) if a else 0",
     "take the average, rounded down", "the average, rounded down, of {x}"),
    ("Take the average rounded up.", "n = -(-sum(a) // len(a)) if a else 0",
     "take the average, rounded up", "the average, rounded up, of {x}"),
    say="take the average as a whole number", name="the whole average of {x}")
add("middle", "numbers", "number",
    ("Take the middle number, the left of two.", "n = a[(len(a) - 1) // 2] if a else 0",
     "take the number in the middle, the left one of two", "the middle, the left of two, of {x}"),
    ("Take the middle number, the right of two.", "n = a[len(a) // 2] if a else 0",
     "take the number in the middle, the right one of two", "the middle, the right of two, of {x}"),
    say="take the number in the middle", name="the middle of {x}")
add("where", "numbers", "number",
    ("Take the position of the largest number from 0.", "n = a.index(max(a)) if a else 0",
     "find the position of the largest number, counting from 0", "the position from 0 of the largest of {x}"),
    ("Take the position of the largest number from 1.", "n = a.index(max(a)) + 1 if a else 0",
     "find the position of the largest number, counting from 1", "the position from 1 of the largest of {x}"),
    say="find the position of the largest number", name="the position of the largest of {x}")
add("runnerup", "numbers", "number", ("Take the second largest number.", "n = sorted(a)[-2] if len(a) > 1 else 0",
    "take the second largest number", "the second largest of {x}"))
add("commonest", "numbers", "number", ("Take the most frequent number.", "n = max(a, key=a.count) if a else 0",
    "take the number that occurs most often", "the most frequent of {x}"))
add("together", "numbers", "text", ("Write the numbers together.", "s = ''.join(map(str, a))",
    "write the numbers together without spaces", "the digits written together of {x}"))

# --- one number ----------------------------------------------------------------------
add("square", "number", "number", ("Square it.", "n = n * n", "square it", "the square of {x}"))
add("double", "number", "number", ("Double it.", "n = n * 2", "double it", "the double of {x}|twice {x}"))
add("increase", "number", "number", ("Add {k}.", "n = n + {k}", "add {k} to it", "{k} more than {x}"), k=(1, 9))
add("decrease", "number", "number", ("Subtract {k}.", "n = n - {k}", "subtract {k} from it",
     "{k} less than {x}"), k=(1, 9))
add("remainder", "number", "number", ("Take the remainder by {k}.", "n = n % {k}",
    "take its remainder when divided by {k}", "the remainder by {k} of {x}"), k=(2, 9))
add("magnitude", "number", "number", ("Take the absolute value.", "n = abs(n)",
    "take its absolute value", "the absolute value of {x}"))
add("digitsum", "number", "number", ("Take the digit sum.", "n = sum(map(int, str(abs(n))))",
    "take the sum of its digits", "the digit sum of {x}"))
add("digitcount", "number", "number", ("Count the digits.", "n = len(str(abs(n)))",
    "count its digits", "the number of digits of {x}"))
add("halve", "number", "number",
    ("Halve it, rounding down.", "n = n // 2", "halve it, rounding down", "half, rounded down, of {x}"),
    ("Halve it, rounding up.", "n = (n + 1) // 2", "halve it, rounding up", "half, rounded up, of {x}"),
    say="halve it to a whole number", name="half of {x}")
add("digits", "number", "numbers", ("Take the digits as a list.", "a = [int(c) for c in str(abs(n))]",
    "take its digits as a list", "the digits of {x}"))
add("countup", "number", "numbers", ("List the numbers from 1 up to it.", "a = list(range(1, n + 1))",
    "list all numbers from 1 up to it", "the numbers from 1 up to {x}"), limit=12)
add("divisors", "number", "numbers", ("List the divisors.", "a = [d for d in range(1, abs(n) + 1) if n % d == 0]",
    "list its divisors", "the divisors of {x}"), limit=300)
add("parity", "number", "text", ("Say even or odd.", "s = 'even' if n % 2 == 0 else 'odd'",
    "say whether it is even or odd", "the word even or odd for {x}"))
add("binary", "number", "text", ("Write it in binary.", "s = format(abs(n), 'b')",
    "write it in binary", "the binary form of {x}"), limit=4000)
add("prime", "number", "text", ("Say yes if it is prime, else no.",
    "s = 'yes' if n > 1 and all(n % d for d in range(2, n)) else 'no'",
    "say yes if it is a prime number, else no", "yes or no for the primality of {x}"), limit=2000)

# --- text ------------------------------------------------------------------------------
add("backwards", "text", "text", ("Reverse the text.", "s = s[::-1]", "reverse the text|write the text backwards",
     "{x} backwards"))
add("upper", "text", "text", ("Make all letters capital.", "s = s.upper()", "make all letters capital",
     "{x} in capitals"))
add("novowels", "text", "text", ("Remove the vowels.", "s = ''.join(c for c in s if c not in 'aeiou')",
    "remove all vowels", "{x} without vowels"))
add("nospaces", "text", "text", ("Remove the spaces.", "s = s.replace(' ', '')", "remove all spaces",
     "{x} without spaces"))
add("sortletters", "text", "text",
    ("Sort the characters from a to z.", "s = ''.join(sorted(s))",
     "sort the characters from a to z", "the characters from a to z of {x}"),
    ("Sort the characters from z to a.", "s = ''.join(sorted(s, reverse=True))",
     "sort the characters from z to a", "the characters from z to a of {x}"),
    say="sort the characters", name="the sorted characters of {x}")
add("onceletters", "text", "text", ("Keep the first of equal characters.", "s = ''.join(dict.fromkeys(s))",
    "keep each character only where it comes first", "the distinct characters of {x}"))
add("doubled", "text", "text", ("Double each character.", "s = ''.join(c * 2 for c in s)",
    "write each character twice", "{x} with each character twice"))
add("replace", "text", "text", ("Replace {c} by {d}.", "s = s.replace('{c}', '{d}')",
    "replace each {c} by {d}", "{x} with {d} for each {c}"), letters=2)
add("without", "text", "text", ("Remove each {c}.", "s = s.replace('{c}', '')",
    "remove each letter {c}", "{x} without the letter {c}"), letters=1)
add("ends", "text", "text",
    ("Keep the first {k} characters.", "s = s[:{k}]", "keep the first {k} characters",
     "the first {k} characters of {x}"),
    ("Keep the last {k} characters.", "s = s[-{k}:]", "keep the last {k} characters", "the last {k} characters of {x}"),
    say="shorten the text to {k} characters", name="{k} characters of {x}", k=(3, 6))
add("alternate", "text", "text",
    ("Keep every second character from the first on.", "s = s[::2]",
     "keep every second character, starting with the first", "every second character from the first on of {x}"),
    ("Keep every second character from the second on.", "s = s[1::2]",
     "keep every second character, starting with the second", "every second character from the second on of {x}"),
    say="keep every second character", name="every other character of {x}")
add("length", "text", "number", ("Count the characters.", "n = len(s)", "count the characters", "the length of {x}"))
add("vowels", "text", "number", ("Count the vowels.", "n = sum(c in 'aeiou' for c in s)",
    "count the vowels", "the number of vowels of {x}"))
add("letter", "text", "number", ("Count the letter {c}.", "n = s.count('{c}')",
    "count how often the letter {c} occurs", "how often {c} occurs in {x}"), letters=1)
add("kinds", "text", "number", ("Count the distinct characters.", "n = len(set(s))",
    "count the different characters", "the number of different characters of {x}"))
add("split", "text", "words", ("Split it into words.", "w = s.split()", "split the text into words",
     "the words of {x}"))

# --- words -------------------------------------------------------------------------------
add("alphabetical", "words", "words",
    ("Sort the words from a to z.", "w = sorted(w)",
     "sort the words from a to z|put the words in alphabetical order", "{x} in alphabetical order"),
    ("Sort the words from z to a.", "w = sorted(w, reverse=True)",
     "sort the words from z to a", "{x} in reverse alphabetical order"),
    say="sort the words|put the words in order", name="{x} in sorted order")
add("bylength", "words", "words",
    ("Sort the words from shortest to longest.", "w = sorted(w, key=len)",
     "sort the words from shortest to longest", "{x} from shortest to longest"),
    ("Sort the words from longest to shortest.", "w = sorted(w, key=len, reverse=True)",
     "sort the words from longest to shortest", "{x} from longest to shortest"),
    say="sort the words by length", name="{x} by length")
add("turned", "words", "words", ("Reverse the order of the words.", "w = w[::-1]",
    "reverse the order of the words", "{x} in reverse order"))
add("mirrored", "words", "words", ("Reverse each word.", "w = [x[::-1] for x in w]",
    "reverse each word|write each word backwards", "{x}, each backwards,"))
add("capitals", "words", "words", ("Write each word in capitals.", "w = [x.upper() for x in w]",
    "write each word in capitals", "{x} in capital letters"))
add("titles", "words", "words", ("Begin each word with a capital.", "w = [x.title() for x in w]",
    "begin each word with a capital letter", "{x} with capital beginnings"))
add("oncewords", "words", "words",
    ("Keep the first of equal words.", "w = list(dict.fromkeys(w))",
     "keep each word only once, where it comes first", "the distinct words of {x}"),
    ("Keep the words that occur once.", "w = [x for x in w if w.count(x) == 1]",
     "keep only words that occur exactly once", "the words that occur exactly once in {x}"),
    say="get rid of repeated words", name="{x} without repeated words")
add("long", "words", "words",
    ("Keep the words longer than {k} letters.", "w = [x for x in w if len(x) > {k}]",
     "keep only words longer than {k} letters", "the words longer than {k} letters of {x}"),
    ("Keep the words of at least {k} letters.", "w = [x for x in w if len(x) >= {k}]",
     "keep only words of at least {k} letters", "the words of at least {k} letters of {x}"),
    say="keep the words from {k} letters on", name="the words from {k} letters on of {x}", k=(3, 5))
add("short", "words", "words", ("Keep the words shorter than {k} letters.", "w = [x for x in w if len(x) < {k}]",
    "keep only words shorter than {k} letters", "the words shorter than {k} letters of {x}"), k=(4, 6))
add("starting", "words", "words", ("Keep the words that start with {c}.", "w = [x for x in w if x.startswith('{c}')]",
    "keep only words that start with {c}", "the words that start with {c} of {x}"), letters=1)
add("containing", "words", "words", ("Keep the words that contain {c}.", "w = [x for x in w if '{c}' in x]",
    "keep only words that contain {c}", "the words that contain {c} of {x}"), letters=1)
add("somewords", "words", "words",
    ("Keep the first {k} words.", "w = w[:{k}]", "keep the first {k} words", "the first {k} words of {x}"),
    ("Keep the last {k} words.", "w = w[-{k}:]", "keep the last {k} words", "the last {k} words of {x}"),
    say="keep just {k} words|shorten the line to {k} words", name="{k} words of {x}", k=(2, 3))
add("lengths", "words", "numbers", ("Take the length of each word.", "a = [len(x) for x in w]",
    "take the length of each word", "the lengths of {x}"))
add("longest", "words", "text",
    ("Take the longest word, the first of equals.", "s = max(w, key=len) if w else ''",
     "take the longest word, the first of equals", "the longest, the first of equals, of {x}"),
    ("Take the longest word, the last of equals.", "s = max(w[::-1], key=len) if w else ''",
     "take the longest word, the last of equals", "the longest, the last of equals, of {x}"),
    say="take the longest word", name="the longest of {x}")
add("shortest", "words", "text", ("Take the shortest word.", "s = min(w, key=len) if w else ''",
    "take the shortest word", "the shortest of {x}"))
add("dashed", "words", "text", ("Join the words with dashes.", "s = '-'.join(w)",
    "join the words with dashes", "{x} joined with dashes"))
add("glued", "words", "text", ("Join the words without spaces.", "s = ''.join(w)",
    "join the words without spaces", "{x} joined without spaces"))
add("initials", "words", "text", ("Take the first letter of each word.", "s = ''.join(x[0] for x in w)",
    "take the first letter of each word", "the first letters of {x}"))
add("opening", "words", "text", ("Take the first word.", "s = w[0] if w else ''", "take the first word",
     "the first word of {x}"))
add("closing", "words", "text", ("Take the last word.", "s = w[-1] if w else ''", "take the last word",
     "the last word of {x}"))
add("howmany", "words", "number", ("Count the words.", "n = len(w)", "count the words", "the number of words of {x}"))
add("letters", "words", "number", ("Count the letters of all words.", "n = sum(len(x) for x in w)",
    "count the letters of all words", "the number of letters of {x}"))


@dataclass(frozen=True)
class Step:
    """An operation with its reading and constants chosen."""

    key: str
    reading: int
    constants: dict = field(default_factory=dict, hash=False, compare=True)

    @property
    def operation(self) -> Operation:
        return OPERATIONS[self.key]

    @property
    def is_ambiguous(self) -> bool:
        return len(self.operation.readings) > 1

    def fill(self, text: str) -> str:
        for name, value in self.constants.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    @property
    def plan(self) -> str:
        return self.fill(self.operation.readings[self.reading].plan)

    @property
    def code(self) -> str:
        return self.fill(self.operation.readings[self.reading].code)

    def turned(self) -> Step:
        """The next other reading."""
        return Step(self.key, (self.reading + 1) % len(self.operation.readings), self.constants)
