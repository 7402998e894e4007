"""The Python that still has a module of the standard library which newer ones left out."""

from typing import TYPE_CHECKING, Final

from okamochi.model.correction import Correction, CorrectionKind

if TYPE_CHECKING:
    from okamochi.run.proof.answer import Verdict
    from okamochi.workflows.plan import PlannedProject

__all__ = ["is_left_out", "older_python"]

# https://docs.python.org/3/whatsnew/3.12.html#removed, PEP 594 for 3.13
LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    "3.12": ("asynchat", "asyncore", "distutils", "imp", "smtpd"),
    "3.13": (
        *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib"),
        *("nntplib", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
    ),
}


def is_left_out(module: str) -> bool:
    """Whether some Python of before had this top-level module."""
    return any(module in modules for modules in LEFT_OUT.values())


def older_python(verdict: "Verdict", planned: "PlannedProject") -> Correction | None:
    """The best of the plan's alternatives that has the module; None when the project admits none."""
    module = verdict.subject.partition(".")[0]
    since = next((version for version, modules in LEFT_OUT.items() if module in modules), "")
    older = [one for one in planned.plan.python_alternatives if since and number(one) < number(since)]
    if not older or number(planned.plan.python_version) < number(since):
        return None
    where = f" ({verdict.cause.where})" if verdict.cause is not None and verdict.cause.where else ""
    reason = f"the proof could not import {verdict.subject}{where}, which Python {since} left out"
    return Correction(kind=CorrectionKind.PYTHON, value=older[0], reason=reason[:300])


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
