"""What planning may see of a Python file: its text without what no decision can rest on.

Comments, docstrings and sentences are blanked, line for line. Detectors get the gist of a file and nothing
else of it, so that two files with one gist have one plan, with the same lines as evidence: a changed sentence
needs no new plan. That holds whatever a gist leaves out; what it must not leave out is what they look for.
"""

import hashlib
import io
import re

from okamochi.system.patterns import regex

__all__ = ["DULL", "SIZE_LIMIT_BYTES", "gist_digest", "gist_of", "python_text"]

SIZE_LIMIT_BYTES = 1_500_000
"""Of a file that is looked at at all."""

# Comments and strings; of a string with a prefix, all but that. Nothing is given back ("++"): a string that
# never ends would be tried in as many ways as there are to cut it up.
TOKEN = regex(
    r"""[ \t]*\#[^\n\0]*
    | "{3}(?:[^"\\]++|\\.|"(?!""))*+"{3}
    | '{3}(?:[^'\\]++|\\.|'(?!''))*+'{3}
    | "(?:[^"\\\n]++|\\.)*+"
    | '(?:[^'\\\n]++|\\.)*+'""",
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
PLACE = regex(
    r"fold|dir|path|file|root|uri|url|database|\bdb|sqlite|env|config|default|setting|font|lib|open|join|save|load"
    r"|mount|store|bucket|run|call|spawn|exec|system|cmd|command|prog|which|field\("
    r"""|(?-i:["'][A-Z][A-Z0-9_]+["'])|\w[ \t]*:[^=\n({]*=[ \t]*\Z""",
    re.IGNORECASE,
)
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
    return TOKEN.sub(seen, text)


def gist_digest(gist: str) -> str:
    return hashlib.sha256(gist.encode("utf-8", "surrogatepass")).hexdigest()


def seen(token: re.Match[str]) -> str:
    """What the gist has of a comment or string."""
    found = token[0]
    if found[0] not in "\"'":
        return ""
    quotes = found[:3] if found.startswith(('"""', "'''")) else found[0]
    if len(quotes) == 1 and LIKELY.search(found) is None:
        return found
    content = found[len(quotes) : -len(quotes)]
    start = token.start()
    prefix = token.string[max(start - 2, 0) : start]
    fields = ""
    if prefix and (prefix[-1].isalnum() or prefix[-1] == "_"):
        if prefix[-1] not in "fF" or prefix[:-1].isalnum() or "{{" in content:
            return found
        fields = "".join(FIELDS.findall(content))
        dull = is_dull(FIELDS.sub("1", content), token)
    else:
        dull = is_dull(content, token) or (len(quotes) == 3 and is_docstring(token))
    if not dull:
        return found
    return quotes + DULL + fields + "\n" * (content.count("\n") - fields.count("\n")) + quotes


def is_dull(content: str, token: re.Match[str]) -> bool:
    if SENTENCE.fullmatch(content) is None and MARKUP.fullmatch(content) is None:
        return False
    if STATEMENT.match(content) is not None:
        return False
    return PLACE.search(before(token.string, token.start())) is None


def before(text: str, place: int) -> str:
    """The line up to a place, with the lines above it that it continues."""
    start = text.rfind("\n", 0, place) + 1
    for _ in range(MOST_LINES):
        above = text[max(start - NEAR, 0) : max(start - 1, 0)].rstrip()
        if not above.endswith(GOES_ON):
            break
        start = text.rfind("\n", 0, start - 1) + 1
    return text[start:place]


def is_docstring(token: re.Match[str]) -> bool:
    """Whether it stands alone below a header, or first in the file."""
    text, place = token.string, token.start()
    start = text.rfind("\n", 0, place) + 1
    if text[start:place].strip() or END_OF_LINE.match(text, token.end()) is None:
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
