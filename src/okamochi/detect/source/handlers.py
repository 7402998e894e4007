"""What a function that answers requests does, without what no decision can rest on.

It runs when somebody asks, long after the app was loaded. Of its statements a plan wants those that write
files, start programs, reach services, read variables: all of these have words of their own. A statement
without such a word is blanked, line for line: an edit of it needs no new plan, and planning has less to see.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import islice

from okamochi.detect.source.folder_names import FOLDER_KEYS
from okamochi.system.patterns import regex

__all__ = ["CHANGING", "HOLDERS", "NOT_HELD", "STRING", "STRINGS", "TOLD", "without_idle_statements"]

# Strings; of one with a prefix, all but that. Nothing is given back ("++"): a string that never ends would be
# tried in as many ways as there are to cut it up. It goes to the end of its line, or of the text: none of it
# is looked through again.
STRINGS = r"""
    "{3}(?>(?:[^"\\]++|\\.|"(?!""))*)(?:"{3}|"{0,2}\\?\Z)
    | '{3}(?>(?:[^'\\]++|\\.|'(?!''))*)(?:'{3}|'{0,2}\\?\Z)
    | "(?>(?:[^"\\\n]++|\\.)*)(?:"|(?=\n)|\\?\Z)
    | '(?>(?:[^'\\\n]++|\\.)*)(?:'|(?=\n)|\\?\Z)"""
# What detectors see wherever it stands in a text.
TOLD = regex(
    r"PYTHON_VERSION|\b(?:app|application|rq)\b|schedul|periodic|socketio|websocket|celery|huey|redis|smtp"
    r"|environ|getenv|flask_|django|werkzeug|mssql|odbc",
    re.IGNORECASE,
)
ANSWERS = regex(
    r"@(?:[\w.]*\.)?(?:route|get|post|put|patch|delete|head|websocket|errorhandler|app_errorhandler"
    r"|exception_handler|callback)\b"
)
FUNCTION = regex(
    r"^(?P<indent>[ \t]*)(?:async[ \t]+)?def[ \t]+(?P<name>\w+)[ \t]*"
    r"\(\s*(?P<self>self[ \t]*,\s*)?(?P<first>\w*)",
    re.MULTILINE,
)
REQUEST = ("request", "req")
# Whoever takes these looks at whole modules.
STORES = ("boto", "minio", "s3", "S3")
# In a function that writes, every name can be that of a place; in one that starts something, of a program.
WRITES = frozenset(
    """
    FileHandler RotatingFileHandler TimedRotatingFileHandler WatchedFileHandler create_all create_engine
    create_table create_tables execute executescript instance_path makedirs mkdir open root_path sqlite3
    SqliteDatabase SqliteDict TinyDB dbm duckdb shelve tempfile touch write_bytes write_text
    """.split()  # noqa: SIM905
)
STARTS = frozenset(
    """
    CDLL LoadLibrary Popen PyDLL call check_call check_output create_subprocess_exec create_subprocess_shell
    dlopen execl execle execlp execv execve execvp execvpe find_executable find_library getoutput
    getstatusoutput popen posix_spawn posix_spawnp run spawnl spawnle spawnlp spawnv spawnve spawnvp
    subprocess system which
    """.split()  # noqa: SIM905
)
WRITING = WRITES | STARTS
SAVES = regex(r"\.\s*save\s*\(\s*(?!\w+\s*=(?!=)|[*)])")
TELLING = frozenset(
    """
    __import__ config decouple dotenv env from_object from_prefixed_env from_pyfile host hostname hosts
    import_module import_string load_module run_module
    CDLL LoadLibrary Popen PyDLL call cdll cffi check_call check_output create_subprocess_exec
    create_subprocess_shell ctypes dlopen find_executable find_library getoutput getstatusoutput popen run
    spawn subprocess system which
    AsyncIOMotorClient AsyncMongoClient Client Connect Connection ConnectionParameters MongoClient MotorClient
    MySQLdb URLParameters amqp asyncpg connect connect_robust create_pool from_url memcache pika psycopg
    psycopg2 pylibmc pymemcache pymongo pymysql
    Mail Queue SMTP Worker enqueue queue send_task sendmail
    APIRouter Blueprint Namespace Route add_api_route add_get add_resource add_route add_url_rule
    before_request include_router init_app launch listen mount register_blueprint run_app run_simple serve
    serve_forever
    Bottle Dash FastAPI Flask Litestar Migrate Quart SQLAlchemy Starlette
    font fonts global lambda locale nonlocal yield
    """.split()  # noqa: SIM905
)
# What a module makes to hold things while it runs, and what changes such a thing.
HOLDERS = frozenset(["Counter", "OrderedDict", "defaultdict", "deque", "dict", "list", "set"])
CHANGING = frozenset(
    """
    add append appendleft clear discard extend insert pop popitem popleft remove setdefault update
    """.split()  # noqa: SIM905
)
HELD = regex(
    rf"^(\w+)[ \t]*(?::[^=\n]+)?=[ \t]*(?:[\[{{]|(?:\w+\.)?(?:{'|'.join(sorted(HOLDERS))})\()",
    re.MULTILINE,
)
GLOBAL = regex(r"\bglobal[ \t]+(\w+(?:[ \t]*,[ \t]*\w+)*)")
TAKEN = regex(r"^from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\(([^()]*)\)|([^\n(]*))", re.MULTILINE)
VERBS = "|".join(sorted(CHANGING))
CHANGED = regex(
    rf"\b([^\W\d]\w*)(?:\[[^\n]*\])?(?:\.(?:{VERBS})\(|\[[^\n]*\][ \t]*[^\w\s=]{{0,2}}=(?!=))"
    r"|\bdel[ \t]+([^\W\d]\w*)\["
)
# of Flask, and a visitor's own
NOT_HELD = frozenset(["g", "session"])
PROGRAMS = regex(r"exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?")
# A variable's name, an address, a dotted name that is no file's.
TELLING_STRING = regex(
    r"[\"'](?:[A-Z][A-Z0-9]*_?[A-Z0-9_]+[\"']|[^\"'\n]*://)"
    r"|[\"'][a-z_]\w*(?:\.\w+)*\.(?!(?:html?|txt|json|xml|css|js|j2|jinja2?|md|csv|pdf|png|svg)[\"'])\w+[\"']"
)
WORD = regex(r"[^\W\d]\w*")
# Of compound statements, those whose condition or place says nothing once it has no telling word.
HEADERS = {"if": "if _:", "elif": "elif _:", "while": "while _:", "for": "for _ in _:"}
KEPT = frozenset(
    "async case class def elif else except finally for from if import match try while with".split()  # noqa: SIM905
)
IDLE = "0"
PLAIN = r"[^\"'()\[\]{}\\]++"
BRACKETS = PLAIN
for _ in range(2):
    BRACKETS = rf"(?:{PLAIN} | {STRINGS} | [(\[{{](?>(?:{BRACKETS})*)[)\]}}])"
# Most lines: brackets within brackets no deeper than that, and no backslash.
LINE = regex(
    rf"""(?>(?: [^\n"'()\[\]{{}}\\]++ | {STRINGS} | [(\[{{](?>{BRACKETS}*)[)\]}}] )*) (?:\n|\Z)""",
    re.DOTALL | re.VERBOSE,
)
PARTS = regex(
    rf"(?P<string>{STRINGS})|(?P<open>[(\[{{])|(?P<close>[)\]}}])|(?P<end>\n)", re.DOTALL | re.VERBOSE
)
MOST_DECORATOR_LINES = 20
STRING = regex(STRINGS, re.DOTALL | re.VERBOSE)
TRIPLE = ('"""', "'''")
# what is blanked already, a docstring
BLANK_STRING = regex(r"(\"\"\"|''')(?:…\n*)?\1")
CALL = regex(r"\b([^\W\d]\w*)[ \t]*\(")
OTHER_NAME = regex(r"\b(\w+)[ \t]+as[ \t]+(\w+)")


def without_idle_statements(text: str) -> str:
    """A text without comments, as long in lines, in which such statements are `0`."""
    if not ("def " in text and ("@" in text or "req" in text)) or any(one in text for one in STORES):
        return text
    module = Text(text)
    parts: list[str] = []
    done = looked_at = 0
    for match in FUNCTION.finditer(text):
        if match.start() < looked_at or not module.is_handler(match):
            continue
        if module.has_other_names:
            return text  # subprocess as sp: the words are others
        lines = lines_below(text, match)
        if not lines:
            continue
        start, looked_at = lines[0][0], lines[-1][1]
        body = text[start:looked_at]
        words = frozenset(WORD.findall(body))
        if not WRITING.isdisjoint(words) or ("save" in words and SAVES.search(body) is not None):
            continue
        held = words & module.held
        some_tell = bool(held) or any(map(tells, words)) or TELLING_STRING.search(body) is not None
        parts.append(text[done:start])
        parts += (idle_or_whole(text[first:last], some_tell, held) for first, last in lines)
        done = looked_at
    return "".join((*parts, text[done:])) if parts else text


class Text:
    """What is asked of a whole text, once there is a handler in it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def is_handler(self, function: re.Match[str]) -> bool:
        """Whether it takes a request, and is not called by the module itself, or a decorator says that it
        answers one; and stands in no string."""
        if function["first"] in REQUEST:
            answers = bool(function["self"]) or self.called[function["name"]] == 1
        else:
            answers = is_decorated(self.text, function)
        return answers and function.start() not in self.quoted

    @cached_property
    def has_other_names(self) -> bool:
        lines = (line for line in self.text.split("\n") if " as " in line)
        return any(tells(found[1]) for line in lines for found in OTHER_NAME.finditer(line))

    @cached_property
    def held(self) -> frozenset[str]:
        """Names of what may be in the memory of the process for all visitors: what the module makes, and what
        its functions say that they change. Of imported names nobody knows here what they are: those that
        something changes."""
        own = {*HELD.findall(self.text)}
        for names in GLOBAL.findall(self.text):
            own |= {*WORD.findall(names)}
        taken = {name for found in TAKEN.findall(self.text) for name in WORD.findall(" ".join(found))}
        if taken:
            own |= taken & {one or other for one, other in CHANGED.findall(self.text)} - NOT_HELD
        return frozenset(own)

    @cached_property
    def called(self) -> Mapping[str, int]:
        """How often each name stands before a bracket, definitions included."""
        return Counter(CALL.findall(self.text))

    @cached_property
    def quoted(self) -> frozenset[int]:
        """Where a string has what begins like a function: its quotes would be taken for the beginning of
        another. Few modules have strings of many lines beside their docstrings."""
        if not any(one in BLANK_STRING.sub("", self.text) for one in TRIPLE if one in self.text):
            return frozenset()
        return frozenset(
            inner.start()
            for string in STRING.finditer(self.text)
            if "def " in string[0]
            for inner in FUNCTION.finditer(self.text, string.start(), string.end())
        )


def is_decorated(text: str, function: re.Match[str]) -> bool:
    indent, end = function["indent"], function.start()
    for _ in range(MOST_DECORATOR_LINES):
        if end <= 0:
            return False
        start = text.rfind("\n", 0, end - 1) + 1
        line = text[start : end - 1]
        if line.startswith(indent + "@"):
            if ANSWERS.match(line, len(indent)):
                return True
        elif not line.startswith((indent + ")", indent + " ", indent + "\t")):
            return False
        end = start
    return False


def lines_below(text: str, function: re.Match[str]) -> list[tuple[int, int]]:
    """Where the lines of a function's body begin and end; none for one that stands on its header's line."""
    found: list[tuple[int, int]] = []
    indent = len(function["indent"])
    filled = 0
    for start, end in islice(logical_lines(text, function.start()), 1, None):
        line = text[start:end]
        written = line.lstrip(" \t")
        if written.strip():
            if len(line) - len(written) <= indent:
                break
            filled = len(found) + 1
        found.append((start, end))
    return found[:filled]


def logical_lines(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Start and end of each line that goes on over brackets, strings and backslashes; with its line end."""
    while start < len(text):
        whole = LINE.match(text, start)
        end = whole.end() if whole is not None else end_of_line(text, start)
        yield start, end
        start = end


def end_of_line(text: str, start: int) -> int:
    depth = 0
    for part in PARTS.finditer(text, start):
        kind = part.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif kind == "end" and depth <= 0 and text[part.start() - 1] != "\\":
            return part.end()
    return len(text)


def idle_or_whole(line: str, may_tell: bool, held: frozenset[str]) -> str:
    """`may_tell` is whether it has to be looked through for words of interest, those of `held` among them."""
    written = line.lstrip(" \t")
    statement = written.rstrip()
    if not statement or statement[0] == "@":
        return line
    word = WORD.match(statement)
    first = word[0] if word is not None else ""
    idle = IDLE
    if statement[-1] == ":":
        idle = HEADERS.get(first, "")
    elif first in KEPT:
        idle = ""
    if not idle or (may_tell and is_telling(statement, held)):
        return line
    return line[: len(line) - len(written)] + idle + "\n" * line.count("\n")


def is_telling(statement: str, held: frozenset[str]) -> bool:
    words = WORD.findall(statement)
    return (
        TELLING_STRING.search(statement) is not None or any(map(tells, words)) or not held.isdisjoint(words)
    )


@lru_cache(maxsize=20_000)
def tells(word: str) -> bool:
    if word in TELLING or TOLD.search(word) is not None or PROGRAMS.fullmatch(word) is not None:
        return True
    return FOLDER_KEYS.fullmatch(word.upper()) is not None
