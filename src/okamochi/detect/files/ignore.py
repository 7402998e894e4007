"""Which files stay out of the image: built-in patterns, .gitignore's, .dockerignore's, then the settings'.

All are gitignore patterns (pathspec's "gitwildmatch"): later ones win, "!" takes back.
"""

import posixpath
import re
from collections.abc import Iterable

from okamochi.containerfiles.dockerignore import dockerignore_patterns
from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.files.built_in_patterns import BUILT_IN, RENDERED_FOLDERS, SECRETS
from okamochi.detect.files.left_out import left_out, literal
from okamochi.detect.files.rendered_folders import emptied_folders, rendered_folders
from okamochi.detect.files.tracked_files import tracked_all_the_same
from okamochi.errors import UsageError
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles, text_if_there
from okamochi.system.words import counted

__all__ = [
    "PLAIN",
    "anchored",
    "dockerignore_patterns",
    "exclude_patterns",
    "gitignore_lines",
    "is_build_output",
    "is_of_migrations",
]


RENDERED = "okamochi plan --explain source.exclude"
# Built by other tools before okamochi runs: not in git, yet needed when the app runs. Whole names only, and
# no name under which people keep what is private.
# Patterns that cannot be wrong: names, with a star at most in each.
PLAIN = regex(r"!?/?(?:(?:[\w.-]++|[\w.-]*+\*[\w.-]++)/)*(?:[\w.-]++|[\w.-]*+\*[\w.-]++)/?")
MOST_PLAIN = 200
OUTPUT_FILES = regex(r".+\.mo|.+\.(min|bundle)\.(js|css)(\.map)?")
WEB_FILES = regex(r".+\.(js|css)(\.map)?")
OUTPUT_FOLDERS = frozenset({"dist", "build", "bundle", "bundles"})
WEB_OUTPUT_FOLDERS = frozenset({"compiled", "generated", "gen"})
WEB_FOLDERS = frozenset({"static", "assets"})
MIGRATION_FOLDERS = frozenset({"migrations", "versions", "alembic"})


def exclude_patterns(
    project: ProjectFiles,
    chosen: ChosenSettings,
    taken_back: tuple[str, ...] = (),
    *,
    migrates: bool = False,
    private: tuple[str, ...] = (),
) -> tuple[tuple[str, ...], tuple[Decision, ...]]:
    """All patterns in order, duplicates removed from behind, and the decision that names their sources.
    `taken_back` come after the built-in ones: the project's own ignore files may leave the files out.
    `migrates` is whether the release process runs the project's migrations; `private` files stay out, unless
    the settings take them back."""
    rendered = rendered_folders(project)
    patterns = [folder.pattern for folder in rendered]
    patterns += (*(pattern for group in BUILT_IN for pattern in group.patterns), *taken_back)
    evidence = [Evidence(path="", reason="built in: " + ", ".join(group.reason for group in BUILT_IN))]
    evidence += [Evidence(path=folder.path, reason="written by okamochi render") for folder in rendered]
    unread = (*RENDERED_FOLDERS, *(f"{folder.path}/" for folder in rendered if not folder.has_code))
    from_git, places, spared = _from_gitignore_files(project, unread, migrates=migrates)
    tracked = tracked_all_the_same(project, patterns, from_git)
    patterns += (*from_git, *tracked.patterns)
    evidence += (*places, *tracked.evidence)
    docker = text_if_there(project, ".dockerignore")
    if docker and RENDERED not in docker[:300]:  # okamochi's own says what is decided here
        own = dockerignore_patterns(docker)
        _refuse_invalid(own)
        patterns += own
        evidence.append(Evidence(path=".dockerignore", reason=counted(len(own), "pattern")))
    # what ignore files take back ("!.env.sample") must not let secrets in
    patterns += (*SECRETS, *private)
    origin = Origin.DETECTED if len(evidence) > 1 else Origin.DEFAULT
    if chosen.settings.exclude is not None:
        patterns += _checked(chosen.settings.exclude, chosen)
        evidence.append(chosen.place("exclude"))
        origin = chosen.origin("exclude")
    patterns += emptied_folders(project, tuple(patterns))
    kept = tuple(reversed(tuple(dict.fromkeys(reversed(patterns)))))
    more = f"{tracked.summary}{_warning(project, kept, spared)}"
    decision = Decision(
        field="source.exclude",
        summary=f"{len(kept)} patterns keep files out of the image{more}",
        origin=origin,
        evidence=tuple(evidence),
    )
    return kept, (decision,)


def _from_gitignore_files(
    project: ProjectFiles, unread: tuple[str, ...], *, migrates: bool
) -> tuple[list[str], list[Evidence], list[str]]:
    """Patterns of all .gitignore files but those in `unread` folders, the nearer ones later; what was taken;
    patterns of build outputs."""
    patterns: list[str] = []
    evidence: list[Evidence] = []
    spared: list[str] = []
    paths = [path for path in project.files("**/.gitignore") if not path.startswith(unread)]
    for path in sorted(paths, key=lambda one: (one.count("/"), one)):
        folder = posixpath.dirname(path)
        listed = gitignore_lines(project.read_text(path) or "")
        lines = [one for one in listed if not _is_of_dvc(project, one[1], folder)]
        run = [one for one in lines if migrates and is_of_migrations(one[1])]
        lines = [one for one in lines if one not in run]
        outputs = [(number, line) for number, line in lines if is_build_output(anchored(line, folder))]
        patterns += [pattern for line in lines for pattern in _taken(line[1], folder, spared=line in outputs)]
        evidence.append(Evidence(path=path, reason=counted(len(lines) - len(outputs), "pattern")))
        for number, line in run:
            reason = f"{line} is not taken: the release process runs the migrations"
            evidence.append(Evidence(path=path, line=number, reason=reason))
        for number, line in outputs:
            reason = f"{line} is not taken: a build output, which the app may need"
            evidence.append(Evidence(path=path, line=number, reason=reason))
            spared.append(anchored(line, folder))
    return patterns, evidence, spared


def _is_of_dvc(project: ProjectFiles, line: str, folder: str) -> bool:
    """`/model.pkl` beside model.pkl.dvc: DVC writes it, since it keeps the file for git; the app needs it."""
    return line.startswith("/") and project.exists(posixpath.join(folder, f"{line.strip('/')}.dvc"))


def _taken(line: str, folder: str, *, spared: bool) -> tuple[str, ...]:
    """A spared bare dist/ still keeps out what Python's own packaging makes at the root."""
    if not spared:
        return (anchored(line, folder),)
    return (f"/{line}",) if not folder and line.rstrip("/") in OUTPUT_FOLDERS else ()


def _warning(project: ProjectFiles, kept: tuple[str, ...], spared: list[str]) -> str:
    """Names the patterns of build outputs that let files in right now; most match nothing."""
    if not spared:
        return ""
    from pathspec import GitIgnoreSpec

    is_out = left_out(kept)
    files = project.files()
    letting_in = [
        pattern
        for pattern in dict.fromkeys(spared)
        if any(not is_out(path) for path in GitIgnoreSpec.from_lines([pattern]).match_files(files))
    ]
    if not letting_in:
        return ""
    return (
        f". Warning: {', '.join(letting_in)} of .gitignore not taken: build outputs, which the app may need, "
        "are in the image; if it does not need them, name them in the setting exclude"
    )


def is_build_output(pattern: str) -> bool:
    """Whether a line of a .gitignore names what a build tool makes for the running app, and nothing else."""
    if pattern.startswith("!"):
        return False
    parts = [part for part in pattern.split("/") if part not in ("", "**")]
    if len(parts) > 1 and parts[-1] == "*":
        parts.pop()
    if not parts:
        return False
    *above, last = parts
    in_web = not WEB_FOLDERS.isdisjoint(above)
    if OUTPUT_FILES.fullmatch(last) is not None or (in_web and WEB_FILES.fullmatch(last) is not None):
        return True
    if last in OUTPUT_FOLDERS:
        return bool(above) or not pattern.startswith("/")
    return last == "staticfiles" or (in_web and last in WEB_OUTPUT_FOLDERS)


def is_of_migrations(pattern: str) -> bool:
    """`migrations/`, `**/migrations/*.py`, `migrations/versions/*`: authors who commit them all the same, and
    those who make them anew on each machine, need them where they run."""
    if pattern.startswith("!"):
        return False
    parts = [part for part in pattern.split("/") if part not in ("", "*", "**", "*.py")]
    return bool(parts) and parts[-1] in MIGRATION_FOLDERS


def gitignore_lines(text: str) -> tuple[tuple[int, str], ...]:
    """The patterns of a .gitignore with their lines; comments, blank lines and invalid patterns dropped, as
    git does it."""
    return tuple(
        (number, line.rstrip())
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#") and _is_valid(line.rstrip())
    )


def anchored(pattern: str, folder: str) -> str:
    """The pattern of a folder's .gitignore as one of the project's: with a slash that is not the last
    character it starts at that folder, else it counts at any depth below."""
    if not folder:
        return pattern
    taken_back, bare = pattern.startswith("!"), pattern.removeprefix("!")
    below = bare.removeprefix("/") if "/" in bare.rstrip("/") else f"**/{bare}"
    return f"{'!' if taken_back else ''}/{literal(folder)}/{below}"


def _is_valid(pattern: str) -> bool:
    if len(pattern) < MOST_PLAIN and PLAIN.fullmatch(pattern) is not None:
        return True  # most are, and the library takes long to import
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error):
        return False
    return True


def _refuse_invalid(patterns: tuple[str, ...]) -> None:
    """Docker refuses a build with such a pattern, too: whatever it was to keep out would be in the image."""
    wrong = next((one for one in patterns if not _is_valid(one)), None)
    if wrong is not None:
        raise UsageError(
            f".dockerignore holds an invalid pattern: {wrong.removeprefix('/')!r}",
            where=".dockerignore",
            hint="correct it: docker build refuses it as well",
        )


def _checked(patterns: Iterable[str], chosen: ChosenSettings) -> tuple[str, ...]:
    for pattern in patterns:
        from pathspec import GitIgnoreSpec

        try:
            GitIgnoreSpec.from_lines([pattern])
        except (ValueError, re.error) as error:
            raise UsageError(
                f"the setting exclude holds an invalid pattern: {pattern!r}",
                where=chosen.where("exclude"),
                hint=f"write it as in .gitignore ({error})",
            ) from error
    return tuple(patterns)
