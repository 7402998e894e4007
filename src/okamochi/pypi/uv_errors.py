"""uv's explanations turned into okamochi's errors: what failed, which line asked for it, what to do."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from okamochi.errors import (
    BuildError,
    ConflictError,
    OkamochiError,
    PlanError,
    RegistryError,
    TransientRegistryError,
    UnfitPythonError,
)
from okamochi.pypi.requirement_line import ADDED, RequirementLine
from okamochi.system.files import StorageError
from okamochi.system.network_settings import untrusted_hint
from okamochi.system.patterns import regex
from okamochi.system.process import Completed

__all__ = ["Explained", "explained_lines", "mentions", "no_wheel_for", "uv_failure", "without_wheels"]

# a password may hold an @, and one with a bare slash makes a port of itself that uv shows
CREDENTIALS = regex(r"(://)(?:[^/\s`]+@|[^/\s:@`\[]+:(?!\d{1,5}(?!\w))(?:[^\s`']{1,300}@|[^\s`'/]+))")
ESCAPES = regex(r"\x1b\[[0-9;]*m")
NOISE = ("warning:", "WARN ", "Using ", "Resolved ", "Prepared ", "Installed ", "Downloaded ", "Downloading ")
# "x==1.0 has no usable wheels", "x>=1 has no wheels with …", "all versions of x have no usable wheels"
NO_WHEEL = regex(
    r"(?<![\w.=<>!~-])([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)(?:\[[^\]]*\])?(?:==([^\s,]+)|[<>!~=]\S+)?"
    r" (?:has|have) no (?:usable )?wheels"
)
HINTED_WHEEL = regex(r"Wheels are required for `([^`]+)`")
# "depends on Python>=3.7,<3.11", "requires Python >=3.10": another Python may do
OF_PYTHON = regex(r"Python ?[<>=!~]=?\s?\d|`--python-version`")
UNREADABLE = regex(r"(?<![\w.-])([A-Za-z0-9][\w.-]*?)(?:[<>=!~]\S+)? has invalid metadata")
MOST_LINES = 16
ARCHIVE = regex(r"Failed to extract archive: (\S+)")
# uv's own options mean nothing to okamochi's users.
UNHELPFUL = ("No solution found", "Wheels are required for")
NETWORK_DOWN = (
    "error sending request",
    "dns error",
    "timed out",
    "timeout",
    "connection reset",
    "connection closed",
    "Connection refused",
    "Network is unreachable",
    "429",
    "500 Internal",
    "502",
    "503",
    "504",
)
UNTRUSTED = regex(r"invalid peer certificate: (\w+)")
REFUSED = regex(
    r"HTTP status client error \((\d{3}) [^)]*\)|status code (\d{3})|(40[13]) (?:Unauthorized|Forbidden)"
)


class Explained:
    """uv's message, cleaned: no colours, no credentials, no progress lines."""

    def __init__(self, completed: Completed) -> None:
        self.lines = explained_lines(completed)
        self.text = "\n".join(self.lines)

    @property
    def causes(self) -> tuple[str, ...]:
        """Why there is no solution; of a long derivation the beginning and the conclusion."""
        kept = [line for line in self.lines if not line.startswith(UNHELPFUL)]
        if len(kept) <= MOST_LINES:
            return tuple(kept)
        return (*kept[: MOST_LINES // 2], "…", *kept[-MOST_LINES // 2 :])

    def mentioned(self, lines: Iterable[RequirementLine]) -> RequirementLine | None:
        """The requirement line whose package stands first in the explanation."""
        places = [(_place(line.name, self.text), line) for line in lines if line.line]
        found = [(place, line) for place, line in places if place >= 0]
        return min(found, key=lambda pair: pair[0])[1] if found else None


def mentions(text: str, name: str) -> bool:
    """Whether an explanation speaks of a package, be it by the name of its wheel's file."""
    pattern = r"(?<![A-Za-z0-9._])" + re.escape(name).replace(r"\-", "[-_.]") + r"(?![A-Za-z0-9_.])"
    return re.search(pattern, text, re.IGNORECASE) is not None


def _place(name: str, text: str) -> int:
    pattern = r"(?<![A-Za-z0-9._-])" + re.escape(name).replace(r"\-", "[-_.]") + r"(?![A-Za-z0-9_-])"
    found = re.search(pattern, text, re.IGNORECASE)
    return found.start() if found else -1


def explained_lines(completed: Completed) -> tuple[str, ...]:
    """The useful lines of what uv wrote to stderr."""
    text = ESCAPES.sub("", completed.stderr.decode("utf-8", "replace"))
    text = CREDENTIALS.sub(r"\1", text)
    lines = (re.sub(r"^\s*(?:error|cause|hint): ", "", line.rstrip()) for line in text.splitlines())
    return tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith(NOISE))


def without_wheels(explained: Explained) -> tuple[tuple[str, str], ...]:
    """(name, version) of every package that uv says has no wheel, in its order."""
    flat = explained.text.replace("\n", " ")
    return tuple(dict.fromkeys((found[1], found[2] or "") for found in NO_WHEEL.finditer(flat)))


def no_wheel_for(explained: Explained) -> tuple[str, str]:
    """(name, version) of the package that has no wheel for the image, the version only where uv names one;
    two empty texts when that is not the trouble."""
    flat = explained.text.replace("\n", " ")
    told = without_wheels(explained)
    hinted = HINTED_WHEEL.search(flat)
    if hinted is None:
        return told[0] if told else ("", "")
    return next(((name, version) for name, version in told if name == hinted[1]), (hinted[1], ""))


def uv_failure(
    completed: Completed, *, lines: tuple[RequirementLine, ...], doing: str, offline: bool
) -> OkamochiError:
    """The error for a run of uv that failed; `doing` says what it was for ("resolving the requirements").

    A host without network or a server in trouble is transient; a refusal, a wrong digest or something missing
    offline is the registry's; all that cannot be satisfied is the plan's.
    """
    explained = Explained(completed)
    line = explained.mentioned(lines)
    where = line.where if line else ""
    return (
        _full_disk(explained, doing)
        or _offline_failure(explained, doing, where, offline)
        or _digest_failure(explained, doing, where)
        or _refused_failure(explained, doing)
        or _untrusted_failure(explained, doing)
        or _network_failure(explained, doing)
        or _damaged_archive(explained)
        or _unsatisfiable(explained, where, lines)
        or BuildError(
            f"uv failed while {doing} (exit code {completed.returncode})",
            where=where,
            hint="the lines above are uv's own; with the same settings `uv pip compile` shows more",
            details=explained.lines[-20:],
        )
    )


def _full_disk(explained: Explained, doing: str) -> OkamochiError | None:
    if "No space left on device" not in explained.text:
        return None
    return StorageError(
        f"the disk is full: uv stopped while {doing}",
        where=next((one for one in explained.lines if "No space left" in one), "").strip(),
        hint="free some space, or choose another cache folder: OKAMOCHI_CACHE_DIR",
        details=explained.lines[-5:],
    )


def _damaged_archive(explained: Explained) -> OkamochiError | None:
    found = ARCHIVE.search(explained.text)
    if found is None:
        return None
    reasons = explained.text[found.end() :].strip().splitlines()
    return BuildError(
        f"the wheel cannot be unpacked: {reasons[-1][:300] if reasons else 'uv does not tell why'}",
        where=found[1],
        hint="the file is damaged or hostile: take another version, and tell those who publish it",
        details=explained.lines[-8:],
    )


def _offline_failure(explained: Explained, doing: str, where: str, offline: bool) -> OkamochiError | None:
    if not (offline or "network was disabled" in explained.text):
        return None
    return RegistryError(
        f"{doing} needs packages that are not in the cache, and the network is not to be used",
        where=where,
        hint="run the same command once without --offline",
        details=explained.lines,
    )


def _digest_failure(explained: Explained, doing: str, where: str) -> OkamochiError | None:
    if "Hash mismatch" not in explained.text:
        return None
    return RegistryError(
        f"a package has other content than its digest promises, found while {doing}",
        where=where,
        hint="somebody replaced the file, or a proxy altered it: do not use it before you know why; "
        "okamochi lock --upgrade takes over a change that is wanted",
        details=explained.lines,
    )


def _refused_failure(explained: Explained, doing: str) -> OkamochiError | None:
    found = REFUSED.search(explained.text)
    code = next((group for group in found.groups() if group), "") if found else ""
    if code not in ("401", "403", "407"):
        return None
    return RegistryError(
        f"the package index refused access ({code}) while {doing}",
        where=_address(explained),
        hint="check the credentials: in PIP_INDEX_URL, UV_INDEX_…_PASSWORD, .netrc or keyring",
        details=explained.lines,
    )


def _untrusted_failure(explained: Explained, doing: str) -> OkamochiError | None:
    """Trying again would end in the same way."""
    found = UNTRUSTED.search(explained.text)
    if found is None:
        return None
    address = _address(explained)
    host = urlsplit(address).hostname or ""
    return RegistryError(
        f"the certificate of the package index {host} is not trusted ({found[1]}), while {doing}",
        where=address,
        hint=untrusted_hint(found[1]),
        details=explained.lines,
    )


def _network_failure(explained: Explained, doing: str) -> OkamochiError | None:
    if not any(sign.lower() in explained.text.lower() for sign in NETWORK_DOWN):
        return None
    address = _address(explained)
    host = urlsplit(address).hostname or ""
    return TransientRegistryError(
        f"the package index {host} cannot be reached, while {doing}".replace("  ", " "),
        where=address,
        hint="check the network, proxy (HTTPS_PROXY) and certificate (SSL_CERT_FILE) settings, or try later; "
        "what was built before builds again with --locked --offline",
        details=explained.lines,
    )


def _address(explained: Explained) -> str:
    found = re.search(r"https?://[^\s`)]+", explained.text)
    return found[0] if found else "package index"


def _unsatisfiable(
    explained: Explained, where: str, lines: tuple[RequirementLine, ...]
) -> OkamochiError | None:
    text = explained.text
    added = [one.specifier for one in lines if one.path == ADDED and _place(one.name, text) >= 0]
    kind: type[PlanError] = PlanError
    if "was not found in the package registry" in text:
        hint = "correct the name, or tell where it is published (PIP_EXTRA_INDEX_URL, --extra-index-url)"
    elif (unreadable := UNREADABLE.search(text)) is not None:
        hint = f"ask for another version of {unreadable[1]}: what was published of this one cannot be read"
    elif "No solution found" in text or "unsatisfiable" in text:
        kind = ConflictError
        hint = "loosen one of the version specifiers that the lines above name"
        if added:
            hint += f"; {', '.join(added)} is what okamochi adds to serve the app"
    else:
        return None
    kind = UnfitPythonError if OF_PYTHON.search(text) else kind
    return kind(
        "the requirements cannot be satisfied together", where=where, hint=hint, details=explained.causes
    )
