"""The Python that still has what newer ones left out of the standard library, when the app fails for it."""

import re
from typing import Final

import msgspec
from packaging.version import Version

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Answer, Outcome, Verdict
from okamochi.system.patterns import regex
from okamochi.system.words import word_tuple
from okamochi.workflows.mending.failed import Failed, Mended

OUTCOMES = (Outcome.MISSING_MODULE, Outcome.LIBRARY, Outcome.FAILED)

# "Removed" in What's New of each version, https://docs.python.org/3/whatsnew/; for 3.13 also PEP 594.
MODULES: Final[dict[str, tuple[str, ...]]] = {
    "3.12": ("asynchat", "asyncore", "distutils", "imp", "smtpd"),
    "3.13": word_tuple(
        "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nntplib pipes sndhdr spwd sunau "
        "telnetlib uu xdrlib"
    ),
}
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "3.10": tuple(
        f"collections.{name}"
        for name in word_tuple(
            "Callable Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView "
            "MutableMapping MutableSequence MutableSet Sequence Set Sized ValuesView"
        )
    ),
    "3.11": ("asyncio.coroutine", "inspect.formatargspec", "inspect.getargspec"),
    "3.12": (
        *("configparser.SafeConfigParser", "locale.format", "pkgutil.ImpImporter", "pkgutil.ImpLoader"),
        *("ssl.match_hostname", "ssl.wrap_socket"),
    ),
    "3.13": ("locale.resetlocale", "typing.io", "typing.re", "unittest.findTestCases", "unittest.makeSuite"),
    "3.14": ("ast.Bytes", "ast.Ellipsis", "ast.NameConstant", "ast.Num", "ast.Str"),
}
# Handled by the code, which then asks for a stand-in that is not there either.
UNFOUND = regex(r"^ModuleNotFoundError: No module named '(?P<name>\w+)", re.MULTILINE)
LACKING = (
    regex(r"cannot import name '(?P<name>\w+)' from '(?P<module>\w+)' \((?!.*/site-packages/)"),
    regex(r"module '(?P<module>\w+)' has no attribute '(?P<name>\w+)'"),
)
# "TypeError: text" of what was taken before: asyncio.TimeoutError became TimeoutError itself, and dataclasses
# refuse every default that cannot be hashed, https://docs.python.org/3/whatsnew/3.11.html; classes have
# attributes more, which some code refuses to see, https://docs.python.org/3/whatsnew/3.13.html#other-language-changes
REFUSED: Final[dict[str, tuple[re.Pattern[str], ...]]] = {
    "3.11": (
        regex(r"^TypeError: duplicate base class TimeoutError$"),
        regex(
            r"^ValueError: mutable default <class '(?!(?:list|dict|set)')[^']+'> for field \w+ is not allowed"
        ),
    ),
    # whose loader has only find_module(), before six 1.16; many packages bring an old one along
    "3.12": (regex(r"^ModuleNotFoundError: No module named '(?:[\w.]+\.)?six\.moves\b"),),
    "3.13": (regex(r"^AssertionError: .*'__(?:firstlineno|static_attributes)__'"),),
}


def mend(failed: Failed) -> Mended:
    gone = left_out(failed.verdict, failed.answer) if failed.outcome in OUTCOMES else None
    return older_python(gone, failed) if gone is not None else None


class LeftOut(msgspec.Struct, frozen=True):
    """A module or a name of one, and the first Python without it; or the error with which that one refuses
    what older ones take."""

    name: str
    since: str
    is_error: bool = False


def left_out(verdict: Verdict, answer: Answer | None) -> LeftOut | None:
    """What the app fails for and an older Python has; None when that is not the trouble."""
    asked_for = [verdict.subject]
    if answer is not None and answer.error == "ModuleNotFoundError":
        asked_for += [one["name"] for one in UNFOUND.finditer(answer.text)]
    for since, modules in MODULES.items():
        for module in asked_for:
            if module.partition(".")[0] in modules:
                return LeftOut(module, since)
    message = answer.message if answer is not None else ""
    found = next((one for pattern in LACKING if (one := pattern.search(message)) is not None), None)
    name = f"{found['module']}.{found['name']}" if found is not None else ""
    if name:
        return next((LeftOut(name, since) for since, names in NAMES.items() if name in names), None)
    error = f"{answer.error}: {message}" if answer is not None else ""
    return next(
        (
            LeftOut(error, since, is_error=True)
            for since, patterns in REFUSED.items()
            if any(one.search(error) for one in patterns)
        ),
        None,
    )


def older_python(gone: LeftOut, failed: Failed) -> Mended:
    """The best of the plan's alternatives that has it."""
    plan, place = failed.planned.plan, failed.verdict.place
    first_without = Version(gone.since)
    older = [one for one in plan.python_alternatives if Version(one) < first_without]
    if not older or Version(plan.python_version) < first_without:
        return ()
    reason = f"the proof could not import {gone.name}{place}, which Python {gone.since} left out"
    if gone.is_error:
        reason = f"the proof failed with {gone.name}{place}, which Pythons before {gone.since} do not raise"
    return (Correction.of(CorrectionKind.PYTHON, older[0], reason),)
