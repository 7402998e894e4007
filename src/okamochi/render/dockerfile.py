"""Dockerfile, .dockerignore and the files they need: the image of `okamochi build`, by BuildKit or buildah.

Reference: https://docs.docker.com/reference/dockerfile/. No `# syntax` line: nothing is downloaded to build.
That both images are equal is held by tests and by `okamochi render dockerfile --prove`.
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from okamochi.kit import builder_files, kit_files
from okamochi.model.finding import Finding, Severity
from okamochi.model.kit_programs import (
    DESK_PROGRAM,
    HEALTH_CHECK,
    SECRETS_MOUNT,
    packages_of,
    programs_of,
    with_doors,
)
from okamochi.model.labels import labels_of
from okamochi.model.local_base import local_base
from okamochi.model.lock import Lock
from okamochi.model.plan import APP_ROOT, KIT_ROOT, MOVED_ROOT, PACKAGES_ROOT, VENV_ROOT, Plan
from okamochi.model.suites import suite_named
from okamochi.render.dockerfile_dev import (
    REQUIREMENTS_DEV,
    desk_requirements,
    development_builder,
    development_stage,
)
from okamochi.render.dockerfile_text import FOLDER, SEEN, apt_install, environment_lines, exec_form, quoted
from okamochi.render.dockerfile_words import said
from okamochi.render.dockerignore import dockerignore
from okamochi.render.reasons import reason_for
from okamochi.render.rendering import Language, RenderedFile, Rendering
from okamochi.render.requirements_lock import lock_findings, locked_wheels, requirements_lock

__all__ = ["BASES", "DockerfileRenderer"]

KIT = f"{FOLDER}/kit"
OWN = f"{FOLDER}/own"
LOCK = f"{FOLDER}/requirements.lock"
BASES = ("python", "debian")

BaseKind = Literal["python", "debian"]


@dataclass(frozen=True)
class DockerfileRenderer:
    """On python:X.Y-slim, or on the same Debian packages as okamochi's own image. `own` are the files that
    say that the project's packages are installed (path, text), a folder for each package."""

    base: BaseKind = "python"
    own: tuple[tuple[str, bytes], ...] = ()

    target: ClassVar[str] = "dockerfile"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        """With a lock the requirements are pinned by hash; without one they are those of the plan."""
        base = self.base if plan.base.kind == "debian" else "python"
        stages = Stages(plan, language, lock, base, has_own=bool(self.own))
        builders = ((f"build/{name}", text) for name, text in builder_files())
        programs = (*programs_of(plan), DESK_PROGRAM)  # that one is for the stage of the desk
        kit = [*kit_files(programs), *packages_of(plan), *builders]
        files = [
            RenderedFile(path="Dockerfile", content=stages.text().encode()),
            RenderedFile(path=".dockerignore", content=ignored(plan, language).encode()),
            RenderedFile(path=REQUIREMENTS_DEV, content=desk_requirements(plan).encode()),
            RenderedFile(path=LOCK, content=requirements_lock(plan, lock, language).encode()),
            *(RenderedFile(path=f"{KIT}/{name}", content=text) for name, text in kit),
            *(RenderedFile(path=f"{OWN}/{name}", content=text) for name, text in self.own),
        ]
        found = (*lock_findings(lock), *inexpressible(plan))
        return Rendering(files=tuple(sorted(files, key=lambda one: one.path)), findings=found)


def ignored(plan: Plan, language: Language) -> str:
    return dockerignore(plan, language, (f"{KIT}/", f"{OWN}/", LOCK, REQUIREMENTS_DEV))


def inexpressible(plan: Plan) -> Iterable[Finding]:
    """What an image cannot say by itself, for whoever runs it without compose.yaml."""
    local = local_base(plan.base.image)
    if local is not None and not local.engine:
        yield Finding(
            rule="dockerfile/base-of-a-layout",
            severity=Severity.WARNING,
            message=f"FROM cannot name {local.told}: {image_of(plan)} is written in its place",
            hint=f"docker buildx build --build-context {image_of(plan)}=oci-layout://{local.place} ...",
            field="base.image",
        )
    security = plan.security
    if security.read_only_root_filesystem:
        yield Finding(
            rule="dockerfile/run-time-only",
            severity=Severity.NOTE,
            message="a Dockerfile cannot ask for a read-only root, dropped capabilities, or limits",
            hint="docker run --read-only --tmpfs /tmp --cap-drop ALL --memory ..., or render compose",
            field="security",
        )
    others = [process.name for process in plan.processes if process is not plan.web]
    if others:
        yield Finding(
            rule="dockerfile/one-command",
            severity=Severity.NOTE,
            message=f"an image has one command, that of web; the same image serves {', '.join(others)} too",
            hint="okamochi render compose gives each an entry point of its own",
            field="processes",
        )


def image_of(plan: Plan) -> str:
    """What FROM names: the plan's image, the one of that name in the engine, else the official one."""
    local = local_base(plan.base.image)
    named = plan.base.image if local is None else local.place if local.engine else ""
    return named or f"python:{plan.python_version}-slim"


@dataclass(frozen=True)
class Stages:
    """The Dockerfile, stage by stage."""

    plan: Plan
    language: Language
    lock: Lock | None
    base: BaseKind
    has_own: bool = False

    def text(self) -> str:
        head = self.say("head", name=self.plan.name)
        stages = (
            self.base_stage(),
            self.builder_stage(),
            self.source_stage(),
            development_builder(self.plan, self.language),
            development_stage(self.plan, self.language),
            self.production_stage(),
        )
        return "\n\n".join([head, *("\n".join(stage) for stage in stages)]) + "\n"

    def say(self, key: str, **values: str) -> str:
        return said(key, self.language, **values)

    def why(self, field: str) -> list[str]:
        reason = reason_for(self.plan, field, self.language)
        return [f"# {reason}"] if reason else []

    @property
    def python(self) -> str:
        return f"python{self.plan.python_version}"

    def base_stage(self) -> list[str]:
        plan = self.plan
        if self.base == "debian":
            extras = suite_named(plan.base.suite).python_extras
            packages = sorted({plan.base.python_package, "ca-certificates", *extras, *plan.base.packages})
            image = f"debian:{plan.base.suite}-slim"
            reason = [self.say("debian")]
        else:
            packages, reason = list(plan.base.packages), [self.say("libraries")]
            image = image_of(plan)
        lines = [self.say("base"), *self.why("python_version"), f"FROM {image} AS base"]
        if packages:
            lines += [*reason, *self.why("base.packages"), *apt_install(packages)]
        return lines

    def builder_stage(self) -> list[str]:
        plan = self.plan
        built = [wheel for wheel in locked_wheels(self.lock) if wheel.built_from is not None]
        sources = [wheel.name for wheel in built]
        needed = {package for wheel in built if wheel.built_from for package in wheel.built_from.packages}
        packages = ["build-essential", "pkg-config", *sorted(needed)] if sources else []
        if self.base == "debian":
            packages += ["python3-pip", *([f"{plan.base.python_package}-dev"] if sources else [])]
        compilers = [self.say("compilers", names=", ".join(sources))] if sources else []
        return [
            self.say("builder"),
            "FROM base AS builder",
            *([*compilers, *apt_install(packages)] if packages else []),
            self.say("copied"),
            f"COPY {LOCK} {SEEN}/",
            self.say("pip"),
            "RUN --mount=type=cache,target=/root/.cache/pip \\",
            f"    {self.python} -m pip wheel --no-deps --require-hashes --disable-pip-version-check \\",
            f"        --requirement {SEEN}/requirements.lock --wheel-dir /wheels",
            self.say("install"),
            f"COPY {KIT}/build/ {SEEN}/kit/build/",
            *([f"COPY {OWN}/ {SEEN}/own/"] if self.has_own else []),
            f"RUN {self.python} {SEEN}/kit/build/install.py wheels /wheels {VENV_ROOT}"
            + (f" {SEEN}/own" if self.has_own else ""),
        ]

    def source_stage(self) -> list[str]:
        plan = self.plan
        folders = [APP_ROOT, KIT_ROOT, *([MOVED_ROOT] if plan.moved_files else [])]
        return [
            self.say("source"),
            "FROM base AS source",
            f"COPY . {APP_ROOT}",
            f"COPY {KIT}/*.py {KIT_ROOT}/",
            *([f"COPY {KIT}/packages/ {PACKAGES_ROOT}/"] if packages_of(plan) else []),
            f"RUN rm -r {APP_ROOT}/{FOLDER}",
            *self.moved_lines(),
            self.say("compile"),
            f"RUN --mount=type=bind,source={FOLDER},target={SEEN} \\",
            f"    {self.python} {SEEN}/kit/build/install.py compile {' '.join(folders)}",
            *self.writable_lines(),
        ]

    def moved_lines(self) -> list[str]:
        lines = []
        for moved in self.plan.moved_files:
            above = " ".join(posixpath.dirname(path) for path in (moved.target, moved.path))
            lines += [
                f"RUN mkdir -p {above} \\",
                f"    && if [ -e {moved.path} ]; then mv {moved.path} {moved.target}; fi \\",
                f"    && ln -s {moved.target} {moved.path}",
            ]
        lines = [self.say("moved"), *lines] if lines else []
        keys = [
            f"RUN mkdir -p {posixpath.dirname(one.path)} && ln -s {SECRETS_MOUNT}/{one.name} {one.path}"
            for one in self.plan.secret_files
        ]
        return [*lines, self.say("keys"), *keys] if keys else lines

    def writable_lines(self) -> list[str]:
        owner = self.owner
        lines = []
        kept = " ".join(volume.path for volume in self.plan.volumes)
        if kept:
            lines.append(f"RUN mkdir -p {kept} && chown -R {owner} {kept}")
        emptied = " ".join(folder.path for folder in self.plan.temporary_folders)
        if emptied:
            lines.append(f"RUN mkdir -p {emptied} && chown {owner} {emptied} && chmod 1777 {emptied}")
        return [self.say("writable"), *lines] if lines else []

    @property
    def owner(self) -> str:
        return f"{self.plan.security.run_as_user}:{self.plan.security.run_as_group}"

    def production_stage(self) -> list[str]:
        plan = self.plan
        web = plan.web
        return [
            self.say("production"),
            "FROM base AS production",
            f"COPY --from=builder {VENV_ROOT} {VENV_ROOT}",
            *(f"COPY --from=source {folder} {folder}" for folder in self.copied_folders()),
            *label_lines(plan),
            self.say("environment"),
            *environment_lines(plan, {}),
            f"WORKDIR {plan.application.working_directory}",
            self.say("user"),
            f"USER {self.owner}",
            *([self.say("port"), *self.why("processes.web.port"), f"EXPOSE {web.port}"] if web.port else []),
            self.say("stop"),
            f"STOPSIGNAL {web.stop_signal}",
            *self.health_lines(),
            self.say("exec"),
            *self.why("processes.web.argv"),
            f"ENTRYPOINT {exec_form(with_doors(plan, web.argv))}",
        ]

    def copied_folders(self) -> list[str]:
        """The app, the kit, and folders of volumes that lie elsewhere; none inside another."""
        kept = [volume.path for volume in self.plan.volumes]
        emptied = [folder.path for folder in self.plan.temporary_folders]
        found: list[str] = [KIT_ROOT, APP_ROOT]
        for path in sorted((*kept, *emptied)):
            if not any(path == one or path.startswith(f"{one}/") for one in found):
                found.append(path)
        return found

    def health_lines(self) -> list[str]:
        if self.plan.web.probe is None:
            return []
        return [
            self.say("health"),
            *self.why("processes.web.probe"),
            "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \\",
            f"    CMD {exec_form(HEALTH_CHECK)}",
        ]


def label_lines(plan: Plan) -> list[str]:
    return [f"LABEL {name}={quoted(value)}" for name, value in labels_of(plan)]
