"""Dockerfile, .dockerignore and the files they need: the image of `okamochi build`, by BuildKit or buildah.

Reference: https://docs.docker.com/reference/dockerfile/. No `# syntax` line: nothing is downloaded to build.
"""

import json
import posixpath
from collections.abc import Iterator

from okamochi.kit import kit_files
from okamochi.model.finding import Finding, Severity
from okamochi.model.kit_programs import HEALTH_CHECK, health_environment
from okamochi.model.lock import Lock, LockedWheel
from okamochi.model.plan import APP_ROOT, KIT_ROOT, VENV_ROOT, Plan
from okamochi.render.rendering import Language, RenderedFile, Rendering

__all__ = ["DockerfileRenderer"]

FOLDER = "okamochi"
PYTHON = "/usr/local/bin/python"
ENGINES_PLATFORM = "linux/amd64"

Words = tuple[str, str]

HEAD: Words = (
    "Written by okamochi render dockerfile from the plan of {name}.\nBuild it: docker build -t {name} .",
    "okamochi render dockerfile が {name} の計画から書き出したファイル。\nビルド: docker build -t {name} .",
)
BASE: Words = (
    "What runs at the end: nothing but Python and the libraries the app needs.",
    "実行時の土台。Python とアプリに必要なライブラリだけ。",
)
LIBRARIES: Words = ("Libraries and fonts that the app loads.", "アプリが使うライブラリとフォント。")
BUILDER: Words = (
    "Dependencies, exactly as locked: hashes are checked, nothing else is installed.",
    "依存関係はロックどおり。ハッシュを検証し、それ以外は入れない。",
)
BYTECODE: Words = (
    "Bytecode once, valid whatever the files' times: the root is read-only when it runs.",
    "バイトコードは一度だけ作る。実行時のルートは読み取り専用。",
)
SOURCE: Words = (
    "The app's files, without those that only the build needs.",
    "アプリのファイル。ビルドだけに要るものは除く。",
)
UNPARSABLE: Words = (
    "A file that this Python cannot parse has no bytecode, and fails only when it is imported.",
    "この Python が解析できないファイルにはバイトコードがなく、読み込むときにだけ失敗する。",
)
DEVELOPMENT: Words = (
    "For the desk: docker build --target development; the source is mounted over /app.",
    "開発用: docker build --target development。ソースは /app にマウントする。",
)
PRODUCTION: Words = (
    "The image that is shipped: no compiler, no pip in the environment, files owned by root.",
    "出荷するイメージ。コンパイラも pip もなく、ファイルは root の所有。",
)
WRITABLE: Words = (
    "What the app may write; a volume takes over the owner.",
    "書き込み先。所有者はボリュームに引き継がれる。",
)
USER: Words = (
    "A number, so that Kubernetes can check that it is not root.",
    "数値なので Kubernetes が root でないと確認できる。",
)
EXEC: Words = (
    "Exec form: the server is process 1 and gets SIGTERM itself.",
    "exec 形式。サーバが PID 1 になり SIGTERM を直接受け取る。",
)


class DockerfileRenderer:
    @property
    def target(self) -> str:
        return "dockerfile"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        """With a lock the requirements are pinned by hash; without one they are those of the plan."""
        wheels = wheels_of(lock)
        compiles = any(wheel.built_from is not None for wheel in wheels)
        files = [
            RenderedFile(path="Dockerfile", content=dockerfile(plan, language, compiles=compiles).encode()),
            RenderedFile(path=".dockerignore", content=dockerignore(plan, language).encode()),
            RenderedFile(path=f"{FOLDER}/requirements.lock", content=requirements(plan, wheels).encode()),
        ]
        files += [RenderedFile(path=f"{FOLDER}/kit/{name}", content=text) for name, text in kit_files()]
        return Rendering(
            files=tuple(sorted(files, key=lambda one: one.path)), findings=tuple(findings(wheels, lock))
        )


def wheels_of(lock: Lock | None) -> tuple[LockedWheel, ...]:
    platforms = lock.platforms if lock is not None else ()
    chosen = next((one for one in platforms if one.platform == ENGINES_PLATFORM), None)
    return (chosen or platforms[0]).wheels if platforms else ()


def findings(wheels: tuple[LockedWheel, ...], lock: Lock | None) -> Iterator[Finding]:
    if lock is None:
        yield Finding(
            rule="dockerfile/no-lock",
            severity=Severity.WARNING,
            message="there is no okamochi.lock: the requirements are not pinned",
            hint="okamochi lock, then render again",
        )
    for wheel in wheels:
        if wheel.built_from is not None:
            yield Finding(
                rule="dockerfile/built-from-source",
                severity=Severity.WARNING,
                message=f"{wheel.name} has no wheel and is compiled in the builder stage",
                hint="add the -dev packages that it needs to that stage; okamochi build finds them itself",
            )
        if wheel.url:
            yield Finding(
                rule="dockerfile/direct-reference",
                severity=Severity.NOTE,
                message=f"{wheel.name} comes from an address of its own",
                hint="the build needs to reach it",
            )


def dockerfile(plan: Plan, language: Language, *, compiles: bool) -> str:
    """`compiles`: some packages are built from source, for which the builder needs a compiler."""
    index = int(language is Language.JAPANESE)
    blocks = [
        [comment(HEAD[index].format(name=plan.name)).rstrip()],
        base_stage(plan, index),
        builder_stage(index, compiles),
        source_stage(plan, index),
        development_stage(plan, index),
        production_stage(plan, index),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def comment(text: str) -> str:
    return "\n".join(f"# {line}" for line in text.splitlines())


def base_stage(plan: Plan, index: int) -> list[str]:
    lines = [comment(BASE[index]), f"FROM python:{plan.python_version}-slim AS base"]
    if plan.base.packages:
        packages = " \\\n        ".join(plan.base.packages)
        lines += [
            comment(LIBRARIES[index]),
            "RUN apt-get update \\",
            "    && apt-get install --yes --no-install-recommends \\",
            f"        {packages} \\",
            "    && rm -rf /var/lib/apt/lists/*",
        ]
    return lines


def builder_stage(index: int, compiles: bool) -> list[str]:
    compiler = [
        "RUN apt-get update \\",
        "    && apt-get install --yes --no-install-recommends build-essential \\",
        "    && rm -rf /var/lib/apt/lists/*",
    ]
    return [
        comment(BUILDER[index]),
        "FROM base AS builder",
        *(compiler if compiles else ()),
        f"RUN {PYTHON} -m venv --without-pip {VENV_ROOT}",
        f"RUN --mount=type=bind,source={FOLDER}/requirements.lock,target=/requirements.lock \\",
        "    --mount=type=cache,target=/root/.cache/pip \\",
        f"    {PYTHON} -m pip --python {VENV_ROOT}/bin/python install --no-deps --no-compile \\",
        "        --disable-pip-version-check --root-user-action ignore -r /requirements.lock",
        comment(BYTECODE[index]),
        f"RUN {PYTHON} -m compileall -q --invalidation-mode unchecked-hash {VENV_ROOT}/lib || true",
    ]


def source_stage(plan: Plan, index: int) -> list[str]:
    lines = [
        comment(SOURCE[index]),
        "FROM base AS source",
        f"COPY . {APP_ROOT}",
        f"COPY {FOLDER}/kit/ {KIT_ROOT}/",
        f"RUN rm -r {APP_ROOT}/{FOLDER}/kit {APP_ROOT}/{FOLDER}/requirements.lock \\",
        f"    && find {APP_ROOT}/{FOLDER} -maxdepth 0 -empty -delete \\",
        f"    && chmod -R u=rwX,go=rX {APP_ROOT} {KIT_ROOT}",
        comment(UNPARSABLE[index]),
        f"RUN {PYTHON} -m compileall -q --invalidation-mode unchecked-hash {APP_ROOT} {KIT_ROOT} || true",
    ]
    for moved in plan.moved_files:
        lines.append(f"RUN mkdir -p {posixpath.dirname(moved.target)} \\")
        lines.append(f"    && if [ -e {moved.path} ]; then mv {moved.path} {moved.target}; fi \\")
        lines.append(f"    && ln -s {moved.target} {moved.path}")
    return lines


def development_stage(plan: Plan, index: int) -> list[str]:
    return [
        comment(DEVELOPMENT[index]),
        "FROM base AS development",
        "RUN apt-get update \\",
        "    && apt-get install --yes --no-install-recommends git openssh-client \\",
        "    && rm -rf /var/lib/apt/lists/*",
        f"COPY --from=builder {VENV_ROOT} {VENV_ROOT}",
        f"COPY --from=source {KIT_ROOT} {KIT_ROOT}",
        "ARG USER_ID=1000",
        "RUN /usr/sbin/useradd --uid ${USER_ID} --create-home --shell /bin/bash developer",
        *environment_lines(plan, {"GUNICORN_CMD_ARGS": "--reload", "HOME": "/home/developer"}),
        f"WORKDIR {APP_ROOT}",
        "USER developer",
        f"ENTRYPOINT {exec_form(plan.web.argv)}",
    ]


def production_stage(plan: Plan, index: int) -> list[str]:
    security = plan.security
    user = f"{security.run_as_user}:{security.run_as_group}"
    return [
        comment(PRODUCTION[index]),
        "FROM base AS production",
        f"COPY --from=builder {VENV_ROOT} {VENV_ROOT}",
        f"COPY --from=source {KIT_ROOT} {KIT_ROOT}",
        f"COPY --from=source {APP_ROOT} {APP_ROOT}",
        *writable_lines(plan, index),
        *environment_lines(plan, {}),
        f"WORKDIR {APP_ROOT}",
        comment(USER[index]),
        f"USER {user}",
        *([f"EXPOSE {plan.web.port}"] if plan.web.port else []),
        f"STOPSIGNAL {plan.web.stop_signal}",
        "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \\",
        f"    CMD {exec_form(HEALTH_CHECK)}",
        comment(EXEC[index]),
        f"ENTRYPOINT {exec_form(plan.web.argv)}",
    ]


def writable_lines(plan: Plan, index: int) -> list[str]:
    owner = f"{plan.security.run_as_user}:{plan.security.run_as_group}"
    lines = []
    for volume in plan.volumes:
        if any(moved.target.startswith(f"{volume.path}/") for moved in plan.moved_files):
            lines.append(f"COPY --from=source --chown={owner} {volume.path} {volume.path}")
    folders = [volume.path for volume in plan.volumes]
    if folders:
        lines.append(f"RUN mkdir -p {' '.join(folders)} && chown -R {owner} {' '.join(folders)}")
    if plan.temporary_folders:
        temporary = " ".join(folder.path for folder in plan.temporary_folders)
        lines.append(f"RUN mkdir -p {temporary} && chown {owner} {temporary} && chmod 1777 {temporary}")
    return [comment(WRITABLE[index]), *lines] if lines else []


def environment_lines(plan: Plan, more: dict[str, str]) -> list[str]:
    values = sorted({**dict(plan.image_environment), **health_environment(plan.web), **more}.items())
    lines = [f"{name}={quoted(value)}" for name, value in values]
    return ["ENV " + " \\\n    ".join(lines)] if lines else []


def quoted(value: str) -> str:
    """For ENV: in double quotes, with what BuildKit would expand or end the text made plain."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n")
    return f'"{escaped}"'


def exec_form(argv: tuple[str, ...]) -> str:
    return json.dumps(list(argv), ensure_ascii=False)


def requirements(plan: Plan, wheels: tuple[LockedWheel, ...]) -> str:
    """Pins with hashes, no index lines: where to fetch is the builder's affair."""
    if not wheels:
        return "".join(f"{one}\n" for one in (*plan.dependencies.inline, *plan.dependencies.added))
    lines = []
    for wheel in wheels:
        name = f"{wheel.name} @ {wheel.url}" if wheel.url else f"{wheel.name}=={wheel.version}"
        digest = wheel.built_from.sha256 if wheel.built_from is not None else wheel.sha256
        lines.append(f"{name} --hash=sha256:{digest}\n")
    return "".join(lines)


def dockerignore(plan: Plan, language: Language) -> str:
    """Anchored at its root: patterns that hold everywhere get `**/` (moby's patternmatcher)."""
    head = (
        "What stays out of the image, recursively; see okamochi plan --explain source.exclude",
        "イメージに入れないもの（再帰的）。理由は okamochi plan --explain source.exclude",
    )[language is Language.JAPANESE]
    lines = [f"# {head}"]
    for pattern in plan.source.exclude:
        lines.append(dockerignore_pattern(pattern))
    lines += [f"!{FOLDER}/kit/", f"!{FOLDER}/requirements.lock", ""]
    return "\n".join(dict.fromkeys(lines))


def dockerignore_pattern(pattern: str) -> str:
    """From gitignore's form: "x/" and "x" hold at every depth, "/x" and "a/b" from the root."""
    back, body = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    body = body.rstrip("/")
    if body.startswith("/"):
        return f"{back}{body[1:]}"
    if "/" in body and not body.startswith("**/"):
        return f"{back}{body}"
    return f"{back}**/{body.removeprefix('**/')}"
