"""`okamochi render dockerfile --prove`: is the Dockerfile's image that of `okamochi build`?

Both are made, and compared above the base: every path (kind, mode, owner, content) and the configuration.
What may differ is the written list REASONS, no more; see docs/rendered-files.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from okamochi.errors import OkamochiError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import APP_ROOT, KIT_ROOT, MOVED_ROOT, VENV_ROOT, Plan
from okamochi.oci.canonical_json import json_object
from okamochi.oci.tree import PathFacts, tree_of_layers
from okamochi.run.image_builders import BUILDERS, BuiltStage, ImageBuilder, builder_named
from okamochi.system.world import World
from okamochi.workflows.build import BuildRequest, build_image
from okamochi.workflows.layers.platforms import chosen_platform
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import plan_project

__all__ = ["REASONS", "Proof", "prove_dockerfile"]

REASONS: Final[dict[str, str]] = {
    "base-variables": "variables that the base image sets itself (PYTHON_VERSION, GPG_KEY) are the base's",
    "base-python": "the environment points to the base's Python, which python:X.Y-slim has in /usr/local/bin",
    "bytecode": "the base's Python is another patch release, which may write other bytecode",
    "compiled": "a package without a wheel was compiled twice, by two compilers",
}
"""All that may differ, and why; each holds only for what it names."""

FIELDS = ("User", "WorkingDir", "Entrypoint", "Cmd", "ExposedPorts", "StopSignal", "Volumes")


@dataclass(frozen=True)
class Allowed:
    """A difference that a reason covers: its key in REASONS, and the path or field."""

    reason: str
    what: str


@dataclass(frozen=True)
class Proof:
    """`paths` were compared. Equal when `different` is empty."""

    builder: str
    paths: int
    allowed: tuple[Allowed, ...]
    different: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return not self.different


class NoBuilder(OkamochiError):
    exit_code = 7


def prove_dockerfile(path: Path, world: World, builder: str = "") -> Proof:
    """Of the Dockerfile that lies in the project's folder, edited or not. NoBuilder when nothing here builds
    Dockerfiles; BuildError when it does not build."""
    chosen = chosen_builder(builder, world)
    built = build_image(BuildRequest(path=path), world)
    wheels = locked_wheels_of(path, world)
    with world.cache.temporary() as scratch:
        with world.reporter.step(f"Dockerfile: building it with {chosen.name}"):
            base = staged(chosen, path, "base", scratch)
            image = staged(chosen, path, "production", scratch)
        with world.reporter.step("Comparing both images"):
            own = own_tree(built.plan, tree_of_layers(layer.path for layer in built.image.layers))
            theirs = tree_of_layers(file for _, file in image.layers[len(base.layers) :])
            config = json_object(built.image.config_bytes, where="image configuration")
            comparison = Comparison(built.plan, wheels, same_python(base, wheels, config))
            found = [*comparison.trees(own, theirs), *comparison.configurations(config, image, base)]
    allowed = tuple(one for one in found if isinstance(one, Allowed))
    different = tuple(one for one in found if isinstance(one, str))
    return Proof(chosen.name, len(own.keys() | theirs.keys()), allowed, different)


def chosen_builder(name: str, world: World) -> ImageBuilder:
    names = (name,) if name else BUILDERS
    for one in names:
        if world.runner.which(one) is not None:
            return builder_named(one, world)
    raise NoBuilder(
        f"no program here builds Dockerfiles ({', '.join(names)})",
        where="PATH",
        hint="install docker (with BuildKit) or buildah; the files themselves need neither",
    )


def staged(builder: ImageBuilder, context: Path, target: str, scratch: Path) -> BuiltStage:
    into = scratch / target
    into.mkdir()
    return builder.build(context, target, into)


def locked_wheels_of(path: Path, world: World) -> tuple[LockedWheel, ...]:
    session = LockSession.open(world, plan_project(path, world), chosen_platform(None), LockMode.KEEP)
    return session.fitting.wheels if session.fitting is not None else ()


def same_python(base: BuiltStage, wheels: tuple[LockedWheel, ...], config: Mapping[str, Any]) -> bool:
    """Whether both bases have the same release of Python: the official image tells its own by a variable; an
    image without one is of Debian packages, as okamochi's is."""
    return "PYTHON_VERSION" not in environment_of(base.config)


def own_tree(plan: Plan, tree: Mapping[str, PathFacts]) -> dict[str, PathFacts]:
    """What okamochi puts above a base."""
    written = [volume.path for volume in plan.volumes] + [one.path for one in plan.temporary_folders]
    roots = [one.strip("/") for one in (APP_ROOT, KIT_ROOT, VENV_ROOT, MOVED_ROOT, *written)]
    return {
        path: facts
        for path, facts in tree.items()
        if any(path == root or path.startswith(f"{root}/") for root in roots)
    }


Difference = str | Allowed


@dataclass(frozen=True)
class Comparison:
    plan: Plan
    wheels: tuple[LockedWheel, ...]
    same_python: bool

    def trees(self, own: Mapping[str, PathFacts], theirs: Mapping[str, PathFacts]) -> Iterator[Difference]:
        above = folders_above(own)
        for path in sorted(own.keys() | theirs.keys()):
            mine, other = own.get(path), theirs.get(path)
            if mine == other or (path in above and mine is None and is_plain_folder(other)):
                continue
            reason = self.reason_for(path, mine, other)
            yield Allowed(reason, f"/{path}") if reason else f"/{path}: {told(mine, other)}"

    def reason_for(self, path: str, mine: PathFacts | None, other: PathFacts | None) -> str:
        if (
            mine is None
            or other is None
            or (mine.kind, mine.mode, mine.uid, mine.gid)
            != (*(other.kind, other.mode, other.uid, other.gid),)
        ):
            return ""
        venv = VENV_ROOT.strip("/")
        if path in (f"{venv}/pyvenv.cfg", f"{venv}/bin/python{self.plan.python_version}"):
            return "" if self.same_python else "base-python"
        if path.endswith(".pyc") and not self.same_python:
            return "bytecode"
        return "compiled" if self.is_compiled(path) else ""

    def is_compiled(self, path: str) -> bool:
        """A library of a package that was built from source, or the list of that package's files."""
        built = {wheel.name.replace("-", "_") for wheel in self.wheels if wheel.built_from is not None}
        if not built or "/site-packages/" not in path:
            return False
        package = path.partition("/site-packages/")[2].partition("/")[0].lower().replace("-", "_")
        listed = (path.endswith("/RECORD") and any(package.startswith(f"{one}_") for one in built)) or (
            path.endswith("/RECORD") and package.partition("_")[0] in built
        )
        return listed or ".so" in path.rpartition("/")[2]

    def configurations(
        self, own: Mapping[str, Any], image: BuiltStage, base: BuiltStage
    ) -> Iterator[Difference]:
        mine, other = own.get("config") or {}, image.config.get("config") or {}
        for field in FIELDS:
            if (mine.get(field) or None) != (other.get(field) or None):
                yield f"{field}: {mine.get(field)!r}, the Dockerfile's image has {other.get(field)!r}"
        yield from self.health_checks(mine.get("Healthcheck"), other.get("Healthcheck"))
        yield from self.variables(mine, other, base)
        below = (base.config.get("config") or {}).get("Labels") or {}
        labels = {k: v for k, v in (other.get("Labels") or {}).items() if below.get(k) != v}
        # buildah writes its version
        labels.pop("io.buildah.version", None)
        if labels != (mine.get("Labels") or {}):
            yield f"Labels: {mine.get('Labels')!r}, the Dockerfile's image has {labels!r}"

    def health_checks(self, mine: Any, other: Any) -> Iterator[Difference]:
        if plain_check(mine) != plain_check(other):
            yield f"Healthcheck: {mine!r}, the Dockerfile's image has {other!r}"

    def variables(
        self, mine: Mapping[str, Any], other: Mapping[str, Any], base: BuiltStage
    ) -> Iterator[Difference]:
        wanted, found = environment_in(mine), environment_in(other)
        below = environment_of(base.config)
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) == found.get(name):
                continue
            if name not in wanted and found.get(name) == below.get(name):
                yield Allowed("base-variables", name)
            else:
                yield f"{name}: {wanted.get(name)!r}, the Dockerfile's image has {found.get(name)!r}"


def environment_of(config: Mapping[str, Any]) -> dict[str, str]:
    return environment_in(config.get("config") or {})


def environment_in(config: Mapping[str, Any]) -> dict[str, str]:
    return dict(one.partition("=")[::2] for one in config.get("Env") or ())


def plain_check(check: Any) -> Any:
    return {key: value for key, value in check.items() if value} if isinstance(check, dict) else None


def folders_above(paths: Iterable[str]) -> set[str]:
    found = set()
    for path in paths:
        while path := path.rpartition("/")[0]:
            found.add(path)
    return found


def is_plain_folder(facts: PathFacts | None) -> bool:
    return facts is not None and facts == PathFacts("folder", 0o755, 0, 0)


def told(mine: PathFacts | None, other: PathFacts | None) -> str:
    if mine is None:
        return "only in the Dockerfile's image"
    if other is None:
        return "not in the Dockerfile's image"
    fields = ("kind", "mode", "uid", "gid", "content")
    pairs = [(name, getattr(mine, name), getattr(other, name)) for name in fields]
    shown = [
        f"{name} {oct(a) if name == 'mode' else str(a)[:12]}, the Dockerfile's has "
        f"{oct(b) if name == 'mode' else str(b)[:12]}"
        for name, a, b in pairs
        if a != b
    ]
    return "; ".join(shown)
