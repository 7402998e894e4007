"""compose.dev.yaml: what the desk changes in compose.yaml, and what `okamochi dev` runs on Docker.

https://github.com/compose-spec/compose-spec/blob/main/13-merge.md. No tags (!reset, !override) and no
`develop`: Compose knows them only since 2.24 and 2.22, and refuses the whole file before.
"""

from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.development import DEBUGGER_PORT, development_environment, development_process
from okamochi.model.finding import Finding, Severity
from okamochi.model.plan import APP_ROOT, Plan
from okamochi.model.process import Process, ProcessType
from okamochi.render.compose_backing import backing_service, host_mount
from okamochi.render.compose_secrets import maker_name
from okamochi.render.rendering import Language, RenderedFile, sayer
from okamochi.render.yaml_text import Commented, Node, Yaml, yaml_text

__all__ = ["COMPOSE_DEV", "MAIL_PAGE_PORT", "development_findings", "mount_points", "render_compose_dev"]

COMPOSE_DEV = "compose.dev.yaml"
MAIL_PAGE_PORT = 8025

HEAD = {
    Language.ENGLISH: (
        "Written by okamochi render compose from the plan of {name}: development, over compose.yaml.\n"
        "Start it: okamochi dev, or docker compose -f compose.yaml -f compose.dev.yaml up --build.\n"
        "The user of your files: OKAMOCHI_UID=$(id -u) OKAMOCHI_GID=$(id -g); 1000 when not set.\n"
        "A debugger (debugpy): OKAMOCHI_DEBUG_PORT=5678."
    ),
    Language.JAPANESE: (
        "okamochi render compose が {name} の計画から書き出した開発用の差分（compose.yaml に重ねる）。\n"
        "起動: okamochi dev または docker compose -f compose.yaml -f compose.dev.yaml up --build\n"
        "ファイルの所有者: OKAMOCHI_UID=$(id -u) OKAMOCHI_GID=$(id -g)（なければ 1000）\n"
        "デバッガ（debugpy）: OKAMOCHI_DEBUG_PORT=5678"
    ),
}
FIRST = (
    "Before the first docker compose: mkdir -p {folders} (else the engine makes it, as root).",
    "docker compose の前に一度: mkdir -p {folders}（なければエンジンが root の所有で作る）",
)
"""For folders of the source on which volumes are mounted; `okamochi dev` makes them itself."""
WORDS: dict[str, tuple[str, str]] = {
    "entrypoint": ("reloads when the code changes", "コードが変わると再読み込みする"),
    "user": ("yours, so that no file ends up owned by root", "ファイルが root の所有にならないように"),
    "address": (
        "refused unless it is loopback: the debugger runs anybody's code",
        "ループバック以外では起動しない（デバッガは任意のコードを実行できる）",
    ),
    "ports": ("the debugger, when one is asked for; else a free port", "デバッガ。指定がなければ空きポート"),
    "mail": ("every mail that the app sends is shown here", "アプリが送るメールはすべてここで見られる"),
    "volumes": ("the source, read-write, over the image's", "ソースを読み書き可でマウント"),
}

say = sayer(WORDS)


def render_compose_dev(
    plan: Plan, language: Language = Language.ENGLISH, *, any_path: bool = False
) -> RenderedFile:
    """The override; the same plan, the same bytes. For `any_path` the source's folder may have any name, also
    with a colon, in which the form that people write and read ends."""
    source: Yaml = host_mount(".", APP_ROOT, read_only=False) if any_path else f".:{APP_ROOT}"
    services: Node = {one.name: override(plan, one, language, source) for one in plan.processes}
    services |= {one.name: stand_in(one, language, maker_name(plan)) for one in plan.development_services}
    if maker_name(plan):
        services[maker_name(plan)] = {"image": image_of_the_desk(plan)}
    text = yaml_text({"services": services}, head=head_of(plan, language))
    return RenderedFile(path=COMPOSE_DEV, content=text.encode())


def head_of(plan: Plan, language: Language) -> str:
    text = HEAD[language].format(name=plan.name)
    folders = " ".join(mount_points(plan))
    if not folders:
        return text
    first = FIRST[language is Language.JAPANESE].format(folders=folders)
    return f"{text}\n{first}"


def image_of_the_desk(plan: Plan) -> str:
    return f"${{OKAMOCHI_DEV_IMAGE:-{plan.name}:development}}"


def stand_in(service: BackingService, language: Language, maker: str) -> Node:
    """What production has elsewhere; the pages of the mail catcher are for this machine alone."""
    node = backing_service(service, language, maker) | {"networks": ["edge"]}
    if service.kind is ServiceKind.MAIL:
        page: list[Yaml] = [f"127.0.0.1:${{OKAMOCHI_MAIL_PORT:-{MAIL_PAGE_PORT}}}:{MAIL_PAGE_PORT}"]
        node["ports"] = Commented(say("mail", language), page)
    return node


def told_at_the_desk(plan: Plan) -> dict[str, str]:
    """How the app finds what stands in."""
    return {
        variable.name: service.value_of(variable)
        for service in plan.development_services
        for variable in service.variables
    }


def override(plan: Plan, process: Process, language: Language, source: Yaml) -> Node:
    desk = development_process(plan, process)
    web, release = process.type is ProcessType.WEB, process.type is ProcessType.RELEASE
    user = "${OKAMOCHI_UID:-1000}:${OKAMOCHI_GID:-1000}"
    build: Node = {"target": "development", "args": {"USER_ID": "${OKAMOCHI_UID:-1000}"}}
    port = f"127.0.0.1:${{OKAMOCHI_DEBUG_PORT:-0}}:{DEBUGGER_PORT}"
    argv: list[Yaml] = [one.replace("$", "$$") for one in desk.argv]
    environment: Node = {
        name: value.replace("$", "$$")
        for name, value in {**development_environment(plan), **told_at_the_desk(plan)}.items()
    }
    if web:
        address = Commented(say("address", language), "${OKAMOCHI_ADDRESS:-127.0.0.1}")
        environment |= {"OKAMOCHI_ADDRESS": address, "OKAMOCHI_DEBUG_PORT": "${OKAMOCHI_DEBUG_PORT:-}"}
    return {
        "image": image_of_the_desk(plan),
        **({"build": build} if web else {}),
        **({} if release else {"entrypoint": Commented(say("entrypoint", language), argv)}),
        **({} if release else {"init": True}),
        "user": Commented(say("user", language), user),
        **({"environment": environment} if environment else {}),
        **({"ports": Commented(say("ports", language), [port])} if web else {}),
        "volumes": Commented(say("volumes", language), [source]),
        **({} if release else {"stop_grace_period": f"{desk.stop_grace_seconds}s"}),
        **limits(desk),
    }


def limits(desk: Process) -> Node:
    resources = desk.resources
    memory = f"{resources.memory_bytes // 1024**2}M"
    found: Node = {"cpus": f"{resources.cpus:g}", "memory": memory, "pids": resources.pids}
    return {"deploy": {"resources": {"limits": found}}}


def mount_points(plan: Plan) -> tuple[str, ...]:
    """Folders of the source, relative to it, on which volumes are mounted: the engine makes them as root."""
    paths = (*(one.path for one in plan.volumes), *(one.path for one in plan.temporary_folders))
    return tuple(path.removeprefix(f"{APP_ROOT}/") for path in paths if path.startswith(f"{APP_ROOT}/"))


def development_findings(plan: Plan) -> tuple[Finding, ...]:
    folders = mount_points(plan)
    if not folders:
        return ()
    return (
        Finding(
            rule="compose/mount-points",
            severity=Severity.NOTE,
            message=f"volumes are mounted on {', '.join(folders)}, over the source of {COMPOSE_DEV}",
            hint=f"before docker compose: mkdir -p {' '.join(folders)}; else the engine makes them, as root",
            field="volumes",
        ),
    )
