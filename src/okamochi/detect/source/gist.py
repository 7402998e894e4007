"""What planning may see of a Python file: its text without what no decision can rest on.

Comments, docstrings and sentences are blanked, line for line. Detectors get the gist of a file and nothing
else of it, so that two files with one gist have one plan, with the same lines as evidence: a changed sentence
needs no new plan. That holds whatever a gist leaves out; what it must not leave out is what they look for.
"""

import hashlib
import io
import re

from okamochi.detect.source.handlers import STRINGS, without_idle_statements
from okamochi.system.patterns import regex
from okamochi.system.words import word_tuple

__all__ = ["DULL", "SIZE_LIMIT_BYTES", "ends", "gist_digest", "gist_of", "python_text", "without_words"]

SIZE_LIMIT_BYTES = 1_500_000
"""Of a file that is looked at at all."""

# A comment or string, with all that goes before it and stays as it is. Most strings do: those without a
# blank, a mark, or a letter beyond ASCII. The sets say what is in them: a range up to the last letter of all
# takes ten milliseconds to compile.
PART = regex(
    rf"""(?P<plain>(?>(?: [^\#"']++
        | "(?!"")[\x00-\x09\x0b-\x1f\#-;=>@-\[\]-\x7f]*+"
        | '(?!'')[\x00-\x09\x0b-\x1f"-&(-;=>@-\[\]-\x7f]*+' )*))
    (?P<token> \#[^\n\0]*+ | {STRINGS} )?""",
    re.DOTALL | re.VERBOSE,
)
# Words with blanks, a mark or a letter beyond ASCII among them, which do not begin like a command or a name,
# or end like a sentence: neither a path nor an address, nor the name of anything. No \s, which has controls.
SENTENCE = regex(
    r"(?=[^a-z_]|.*[.!?…][ \n]*\Z)(?=.*[ \n!?]|.*[^\x00-\x7f])(?!.*[ \n]-[^ \n])"
    r"(?:[A-Za-z0-9]|[^\x00-\x9f]|[ \n,;!?'()-]|[.:](?=[ \n]|\Z))+",
    re.DOTALL,
)
# What makes tables, what adds rows, and what loses them.
STATEMENT = regex(
    r"\s*(?:create\s+table|insert\s|replace\s+into|drop\s|delete\s+from|truncate\s)", re.IGNORECASE
)
# A page or a part of one.
MARKUP = regex(r"\s*<[!a-zA-Z][^\x00-\x08]*>\s*")
# Before a string that a plan may hold, or that names a place or a program: "Acme Ltd" for COMPANY.
PLACES = word_tuple(
    "fold dir path file root uri url database sqlite env config default setting font lib open join save load "
    "mount store bucket run call spawn exec system cmd command prog which field("
)
OTHER_PLACE = regex(r"""\b[dD][bB]|["'][A-Z][A-Z0-9_]+["']|\w[ \t]*:[^=\n({]*=[ \t]*\Z""")
# What every sentence and page has one of.
LIKELY = regex(r"[ \n!?<]|[^\x00-\x7f]")
FIELDS = regex(r"\{[^{}\\]*\}")
ONLY_COMMENTS = regex(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
END_OF_LINE = regex(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
COOKIE = regex(rb"[ \t\f]*#.*?coding[:=]")
MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
# As many lines before a string are looked at, while they end within brackets.
MOST_LINES = 4
NEAR = 200
GOES_ON = ("(", "[", "{", ",", "=")
DULL = "…"
"""What stands for the words of a sentence."""


def gist_of(text: str) -> str:
    """Of the whole text of a file; it has as many lines."""
    return without_idle_statements(without_words(text))


def without_words(text: str) -> str:
    """The text without comments, docstrings and sentences."""
    return PART.sub(seen, text)


def gist_digest(gist: str) -> str:
    return hashlib.sha256(gist.encode("utf-8", "surrogatepass")).hexdigest()


def seen(part: re.Match[str]) -> str:
    """What the gist has of a comment or string, and of what goes before it."""
    plain, token = part.groups()
    if token is None:
        return plain
    if token[0] == "#":
        return plain.rstrip(" \t")
    return plain + string_seen(token, part.string, part.start("token"), part.end())


def quotes_of(string: str) -> str:
    return string[:3] if string.startswith(('"""', "'''")) else string[0]


def ends(string: str) -> bool:
    """Whether what `STRINGS` found has its end; else the text is no Python, or that of a newer one."""
    quotes = quotes_of(string)
    return len(string) >= 2 * len(quotes) and string.endswith(quotes)


def string_seen(found: str, text: str, start: int, end: int) -> str:
    """`found` stands in the text from `start` to `end`, without its prefix."""
    quotes = quotes_of(found)
    if not ends(found) or (len(quotes) == 1 and LIKELY.search(found) is None):
        return found
    content = found[len(quotes) : -len(quotes)]
    prefix = text[max(start - 2, 0) : start]
    fields = ""
    if prefix and (prefix[-1].isalnum() or prefix[-1] == "_"):
        if prefix[-1] not in "fF" or prefix[:-1].isalnum() or "{{" in content:
            return found
        fields = "".join(FIELDS.findall(content))
        dull = is_dull(FIELDS.sub("1", content), text, start)
    else:
        dull = (len(quotes) == 3 and is_docstring(text, start, end)) or is_dull(content, text, start)
    if not dull:
        return found
    return quotes + DULL + fields + "\n" * (content.count("\n") - fields.count("\n")) + quotes


def is_dull(content: str, text: str, start: int) -> bool:
    if SENTENCE.fullmatch(content) is None and MARKUP.fullmatch(content) is None:
        return False
    if STATEMENT.match(content) is not None:
        return False
    return not names_a_place(before(text, start))


def names_a_place(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in PLACES) or OTHER_PLACE.search(text) is not None


def before(text: str, place: int) -> str:
    """The line up to a place, with the lines above it that it continues."""
    start = text.rfind("\n", 0, place) + 1
    for _ in range(MOST_LINES):
        above = text[max(start - NEAR, 0) : max(start - 1, 0)].rstrip()
        if not above.endswith(GOES_ON):
            break
        start = text.rfind("\n", 0, start - 1) + 1
    return text[start:place]


def is_docstring(text: str, place: int, end: int) -> bool:
    """Whether it stands alone below a header, or first in the file."""
    start = text.rfind("\n", 0, place) + 1
    if text[start:place].strip() or END_OF_LINE.match(text, end) is None:
        return False
    above = text[max(start - NEAR, 0) : start]
    return above.rstrip().endswith(":") or (
        not above.rstrip().endswith(("(", ",")) and ONLY_COMMENTS.fullmatch(text, 0, start) is not None
    )


def python_text(content: bytes) -> str:
    """The source as Python decodes it: byte order mark, coding cookie, UTF-8; Latin-1 where those fail."""
    if content.startswith(MARKS[:2]):
        return content.decode("utf-16", "replace")
    try:
        text = content.decode(encoding_of(content))
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(content: bytes) -> str:
    """SyntaxError when the file says one that is none. Most say none, and `tokenize` takes long to import."""
    first = content.split(b"\n", 2)[:2]
    if not content.startswith(MARKS) and not any(COOKIE.match(line) for line in first):
        return "utf-8"
    import tokenize

    return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
