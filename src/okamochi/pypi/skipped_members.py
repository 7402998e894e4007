"""Wheels with members that lead out of them. uv leaves these members out and goes on; here they are an error:
whoever packs one means harm, and what is left of such a wheel is not what its author tested."""

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from okamochi.errors import BuildError
from okamochi.system.patterns import regex
from okamochi.system.process import Completed

__all__ = ["LOGGED", "refuse_skipped"]

# in uv's environment: what makes it tell
LOGGED = {"RUST_LOG": "uv_extract=warn"}
SKIPPED = regex(r"WARN (?:[\w:]+ )?Skipping unsafe file name: (.*)")
# a second run with an empty cache tells which wheels it unpacks
SPANS = {"RUST_LOG": "uv_extract=warn,uv_installer=info,uv_distribution=info", "UV_LOG_CONTEXT": "1"}
NAMED = regex(r"\b(?:dist|wheel|name)=([A-Za-z0-9][\w.-]*(?:==[^\s,]+| @ [^\s,]+))")
CREDENTIALS = regex(r"(://)[^/\s@]+@")
WITH_VALUE = ("--python", "--only-binary", "--python-platform", "--python-version")
FLAGS = ("--no-index", "--offline")
MOST_LOOKED_AT = 100

Run = Callable[[tuple[str, ...], Mapping[str, str]], Completed]


def refuse_skipped(done: Completed, run: Run, folder: Path) -> None:
    """BuildError, naming wheel and member, when uv left a member out. `run` starts uv again with arguments
    and additions to its environment; `folder` is a temporary one.

    uv keeps what it unpacked: it is removed from its cache, so that the next run refuses it as well."""
    found = SKIPPED.search(text_of(done)) if done.ok else None
    if found is None:
        return
    packages = looked_at(done.argv[1:], run, folder)
    guilty = next((one for one in packages if leads_out(one, done.argv, run, folder)), "")
    names = {re.split(r"[= @]", one)[0] for one in ((guilty,) if guilty else packages)}
    for name in sorted(names):
        run(("cache", "clean", name, "--force"), {})
    told = CREDENTIALS.sub(r"\1", guilty)
    what = f"the wheel {told}" if told else "a wheel"
    raise BuildError(
        f"a member of {what} leads out of it: {found[1][:200]!r}",
        where=told,
        hint="the wheel is damaged or hostile: take another version, and tell those who publish it",
    )


def looked_at(arguments: tuple[str, ...], run: Run, folder: Path) -> tuple[str, ...]:
    """What uv unpacked before it left a member out, as requirements: the last one first, then all others,
    since it may unpack several at once."""
    again = (*arguments, *(("--reinstall",) if "install" in arguments else ()))
    told = text_of(run(again, {**SPANS, "UV_CACHE_DIR": str(folder / "looked-again")}))
    skipped = SKIPPED.search(told)
    place = skipped.start() if skipped else len(told)
    ordered = (*reversed(NAMED.findall(told[:place])), *NAMED.findall(told[place:]))
    return tuple(dict.fromkeys(ordered))[:MOST_LOOKED_AT]


def leads_out(package: str, argv: tuple[str, ...], run: Run, folder: Path) -> bool:
    """Whether uv leaves a member out of this one alone."""
    alone = Path(tempfile.mkdtemp(dir=folder))
    listed = alone / "alone.txt"
    listed.write_text(f"{package}\n", encoding="utf-8")
    listed.chmod(0o600)
    options = (
        *(word for option in WITH_VALUE if option in argv for word in (option, argv[argv.index(option) + 1])),
        *(flag for flag in FLAGS if flag in argv),
    )
    arguments = ("pip", "install", "--no-deps", "--target", str(alone / "files"), "-r", str(listed), *options)
    done = run(arguments, {"UV_CACHE_DIR": str(alone / "cache")})
    shutil.rmtree(alone, ignore_errors=True)
    return SKIPPED.search(text_of(done)) is not None


def text_of(done: Completed) -> str:
    return done.stderr.decode("utf-8", "replace")
