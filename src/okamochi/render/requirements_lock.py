"""The rendered requirements.lock: what okamochi.lock pins, in the form that pip reads."""

from collections.abc import Iterator

from okamochi.model.finding import Finding, Severity
from okamochi.model.lock import Lock, LockedWheel
from okamochi.model.plan import Plan
from okamochi.render.rendering import Language

__all__ = ["lock_findings", "locked_wheels", "requirements_lock"]

ENGINES_PLATFORM = "linux/amd64"
GIT = "git+"
HEAD = (
    "Every package by version and hash, from okamochi.lock: pip installs nothing else (--require-hashes).",
    "okamochi.lock による全パッケージの版とハッシュ。pip はこれ以外を入れない (--require-hashes)。",
)


def locked_wheels(lock: Lock | None) -> tuple[LockedWheel, ...]:
    platforms = lock.platforms if lock is not None else ()
    chosen = next((one for one in platforms if one.platform == ENGINES_PLATFORM), None)
    return (chosen or platforms[0]).wheels if platforms else ()


def requirements_lock(plan: Plan, lock: Lock | None, language: Language) -> str:
    """No index lines: where to fetch is the builder's affair. A package has a hash for each platform. Those
    from git are not among them, since pip cannot check those: they come with the rendered files."""
    head = f"# {HEAD[language is Language.JAPANESE]}\n"
    if lock is None:
        asked = (*plan.dependencies.inline, *plan.dependencies.added)
        return head + "".join(f"{one}\n" for one in asked)
    lines = []
    for wheel in locked_wheels(lock):
        if wheel.url.startswith(GIT):
            continue
        name = f"{wheel.name} @ {wheel.url}" if wheel.url else f"{wheel.name}=={wheel.version}"
        hashes = "".join(f" --hash=sha256:{digest}" for digest in digests_of(lock, wheel))
        lines.append(f"{name}{hashes}\n")
    return head + "".join(lines)


def digests_of(lock: Lock, wanted: LockedWheel) -> tuple[str, ...]:
    """Of the same version on every platform; of the source where a wheel is built from it."""
    same = (
        wheel
        for platform in lock.platforms
        for wheel in platform.wheels
        if (wheel.name, wheel.version, wheel.url) == (wanted.name, wanted.version, wanted.url)
    )
    own = wanted.built_from.sha256 if wanted.built_from is not None else wanted.sha256
    found = {one.built_from.sha256 if one.built_from is not None else one.sha256 for one in same}
    return (own, *sorted(found - {own}))


def lock_findings(lock: Lock | None) -> Iterator[Finding]:
    if lock is None:
        yield Finding(
            rule="dockerfile/no-lock",
            severity=Severity.WARNING,
            message="there is no okamochi.lock: the requirements are not pinned",
            hint="okamochi lock, then render again",
        )
    for wheel in locked_wheels(lock):
        if wheel.built_from is not None and not wheel.url.startswith(GIT):
            yield Finding(
                rule="dockerfile/built-from-source",
                severity=Severity.NOTE,
                message=f"{wheel.name} has no wheel: pip builds it with today's build tools, okamochi with "
                "those that it was found to build with",
                hint="render dockerfile --prove tells whether pip's build succeeds; PIP_CONSTRAINT in the "
                "builder stage names older ones (setuptools<58)",
            )
        if wheel.url.startswith(GIT):
            yield Finding(
                rule="dockerfile/from-git",
                severity=Severity.NOTE,
                message=f"{wheel.name} comes from a git repository: its files are rendered, too",
                hint="render again when it moves; pip cannot check what it takes from git",
            )
        elif wheel.url:
            yield Finding(
                rule="dockerfile/direct-reference",
                severity=Severity.NOTE,
                message=f"{wheel.name} comes from an address of its own",
                hint="the build needs to reach it",
            )
