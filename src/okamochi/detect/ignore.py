"""Which files stay out of the image: built-in patterns, then .gitignore's, .dockerignore's, the settings'.

All are gitignore patterns (pathspec's "gitwildmatch"): later ones win, "!" takes back.
"""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.errors import UsageError
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.system.project_files import ProjectFiles

__all__ = ["BUILT_IN", "IgnoreGroup", "dockerignore_patterns", "exclude_patterns", "gitignore_patterns"]


@dataclass(frozen=True, slots=True)
class IgnoreGroup:
    """Patterns and the one reason for them."""

    reason: str
    patterns: tuple[str, ...]


BUILT_IN = (
    IgnoreGroup(
        "version control", (".git", ".hg", ".svn", ".bzr", ".gitignore", ".gitattributes", ".gitmodules")
    ),
    IgnoreGroup(
        "caches and leftovers of tools",
        (
            "__pycache__/",
            "*.py[cod]",
            ".pytest_cache/",
            ".mypy_cache/",
            ".ruff_cache/",
            ".tox/",
            ".nox/",
            ".hypothesis/",
            ".coverage",
            ".coverage.*",
            "htmlcov/",
            ".ipynb_checkpoints/",
            ".cache/",
            "*.egg-info/",
            "*.egg",
            ".DS_Store",
            "Thumbs.db",
            "*.swp",
            "*~",
        ),
    ),
    IgnoreGroup(
        "environments and packages of the host",
        (".venv/", "venv/", "env/pyvenv.cfg", "__pypackages__/", "node_modules/"),
    ),
    IgnoreGroup(
        "secrets",
        (
            ".env",
            ".env.*",
            "*.env",
            ".envrc",
            ".flaskenv",
            "*.pem",
            "*.key",
            "*.p12",
            "*.pfx",
            "*.jks",
            "id_rsa*",
            "id_dsa*",
            "id_ecdsa*",
            "id_ed25519*",
            ".netrc",
            ".pypirc",
            "pip.conf",
            ".npmrc",
            ".aws/",
            ".ssh/",
            ".gnupg/",
            ".kube/",
            ".docker/",
            ".htpasswd",
            "secrets.json",
            "secrets.toml",
            "secrets.y*ml",
            "credentials.json",
        ),
    ),
    IgnoreGroup(
        "data of the developer's own runs",
        (
            "/instance/",
            "*.sqlite",
            "*.sqlite3",
            "*.db",
            "*.db-journal",
            "*.db-wal",
            "*.db-shm",
            "*.log",
            "*.pid",
            "*.sock",
        ),
    ),
    IgnoreGroup("the project's own tests", ("/tests/", "/conftest.py")),
    IgnoreGroup(
        "how the app is built and run, not the app",
        (
            "Dockerfile*",
            "*.Dockerfile",
            "Containerfile*",
            ".dockerignore",
            ".containerignore",
            "/docker-compose*.yml",
            "/docker-compose*.yaml",
            "/compose*.yml",
            "/compose*.yaml",
            "/okamochi.toml",
            "/okamochi.lock",
            "/requirements*.txt",
            "/requirements*.in",
            "/requirements/",
            "/tox.ini",
            "/noxfile.py",
            "/pytest.ini",
            "/Makefile",
            ".github/",
            ".gitlab-ci.yml",
            ".circleci/",
            ".devcontainer/",
            ".vscode/",
            ".idea/",
            ".editorconfig",
            ".pre-commit-config.yaml",
        ),
    ),
)

# Built by other tools before okamochi runs: not in git, yet needed when the app runs
GENERATED = re.compile(r"\.mo$|static|assets|public|bundle")


def exclude_patterns(
    project: ProjectFiles, chosen: ChosenSettings
) -> tuple[tuple[str, ...], tuple[Decision, ...]]:
    """All patterns in order, duplicates removed from behind, and the decision that names their sources."""
    patterns = [pattern for group in BUILT_IN for pattern in group.patterns]
    evidence = [Evidence(path="", reason="built in: " + ", ".join(group.reason for group in BUILT_IN))]
    docker = project.read_text(".dockerignore")
    git = project.read_text(".gitignore")
    if git is not None:
        own = gitignore_patterns(git)
        taken = tuple(pattern for pattern in own if not GENERATED.search(pattern))
        patterns += taken
        left = f"; {len(own) - len(taken)} for generated files are not taken" if taken != own else ""
        evidence.append(Evidence(path=".gitignore", reason=f"{len(taken)} patterns{left}"))
    if docker is not None:
        own = dockerignore_patterns(docker)
        patterns += own
        evidence.append(Evidence(path=".dockerignore", reason=f"{len(own)} patterns"))
    # what ignore files take back ("!.env.sample") must not let secrets in
    patterns += [pattern for group in BUILT_IN if group.reason == "secrets" for pattern in group.patterns]
    origin = Origin.DETECTED if len(evidence) > 1 else Origin.DEFAULT
    if chosen.settings.exclude is not None:
        patterns += _checked(chosen.settings.exclude, chosen)
        evidence.append(chosen.place("exclude"))
        origin = chosen.origin("exclude")
    kept = tuple(reversed(tuple(dict.fromkeys(reversed(patterns)))))
    decision = Decision(
        field="source.exclude",
        summary=f"{len(kept)} patterns keep files out of the image",
        origin=origin,
        evidence=tuple(evidence),
    )
    return kept, (decision,)


def gitignore_patterns(text: str) -> tuple[str, ...]:
    """The patterns of a .gitignore: comments and blank lines dropped."""
    return tuple(line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def dockerignore_patterns(text: str) -> tuple[str, ...]:
    """A .dockerignore's patterns in gitignore's words.

    Docker anchors every pattern at the root and has no trailing-slash rule (moby/patternmatcher): `foo` there
    is `/foo` here, `**/foo` is `**/foo`. A leading slash and "./" mean nothing to it.
    """
    found: list[str] = []
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        taken_back = pattern.startswith("!")
        path = posixpath.normpath(pattern.removeprefix("!").strip().replace("\\ ", " ")).lstrip("/")
        if path in (".", ""):
            continue
        anchored = path if path.startswith("**/") else f"/{path}"
        found.append(f"!{anchored}" if taken_back else anchored)
    return tuple(found)


def _checked(patterns: Iterable[str], chosen: ChosenSettings) -> tuple[str, ...]:
    from pathspec import GitIgnoreSpec

    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except ValueError as error:
            raise UsageError(
                f"the setting exclude holds an invalid pattern: {pattern!r}",
                where=chosen.where("exclude"),
                hint=f"write it as in .gitignore ({error})",
            ) from error
    return tuple(patterns)
