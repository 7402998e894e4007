"""compose.yaml: the stack as the Compose specification writes it; what `okamochi up` runs on Docker.

https://github.com/compose-spec/compose-spec/blob/main/spec.md. Two variables are okamochi's own:
OKAMOCHI_IMAGE (the image, by content) and OKAMOCHI_SECRETS (the folder with secrets of one's own).
"""

from collections.abc import Iterator

from okamochi.model.backing_service import BackingService
from okamochi.model.finding import Finding, Severity
from okamochi.model.kit_programs import HEALTH_CHECK, command_of, with_doors
from okamochi.model.lock import Lock
from okamochi.model.plan import Plan
from okamochi.model.process import (
    EnvironmentVariable,
    HeartbeatProbe,
    Process,
    ProcessType,
)
from okamochi.render.compose_backing import LOG, backing_service, check, limits, literal
from okamochi.render.compose_dev import development_findings, render_compose_dev
from okamochi.render.compose_proxy import caddyfile, front_network, proxy, trust
from okamochi.render.compose_secrets import (
    FOR_RELEASE,
    GIVEN_FOLDER,
    given_folder,
    image_of,
    keys_to_give,
    maker,
    maker_name,
    names_for,
    reads_files,
    secret_volumes,
    secrets_mount,
)
from okamochi.render.doors import coded_findings
from okamochi.render.process_environment import (
    key_files_environment,
    kit_environment,
    secret_files_environment,
)
from okamochi.render.rendering import Language, RenderedFile, Rendering, sayer
from okamochi.render.service_containers import container_of
from okamochi.render.yaml_text import Commented, Node, Yaml, yaml_text

__all__ = ["ComposeRenderer", "argv_of", "environment_of", "healthcheck_of", "render_compose"]


HEAD = {
    Language.ENGLISH: (
        "Written by okamochi render compose from the plan of {name}. Edit freely: okamochi shows a diff\n"
        "before it changes anything here. Start it: okamochi up, or docker compose up --build --wait."
    ),
    Language.JAPANESE: (
        "okamochi render compose が {name} の計画から書き出したファイルです。\n"
        "自由に編集できます（okamochi は差分を示さずに\n"
        "上書きしません）。起動: okamochi up または docker compose up --build --wait"
    ),
}
WORDS: dict[str, tuple[str, str]] = {
    "read_only": ("nothing but tmpfs and volumes can be written", "書き込めるのは tmpfs とボリュームだけ"),
    "entrypoint": ("argument list, no shell: signals reach the server", "シェルを挟まないのでシグナルが届く"),
    "ports": (
        "loopback only; a reverse proxy or load balancer comes in front",
        "ループバックのみ。前段に置く",
    ),
    "grace": ("longer than the server's own graceful stop (25 s)", "サーバの終了猶予（25 秒）より長く"),
    "release": ("runs once, before web: migrations", "web より先に一度だけ実行（マイグレーション）"),
    "data": ("no way out: databases talk to the app only", "外部へ出られない。DB はアプリとだけ通信"),
    "volume": ("outlives containers; `docker compose down -v` deletes it", "コンテナより長生きする"),
}

say = sayer(WORDS)


class ComposeRenderer:
    target = "compose"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        production = render_compose(plan, language)
        return Rendering(
            files=(render_compose_dev(plan, language), *production.files, *given_folder(plan, language)),
            findings=(*production.findings, *development_findings(plan)),
        )


def render_compose(plan: Plan, language: Language = Language.ENGLISH) -> Rendering:
    """compose.yaml of a plan; the same plan, the same bytes."""
    document: Node = {
        "name": plan.name,
        "services": dict(services_of(plan, language)),
        **networks_of(plan, language),
        **volumes_of(plan, language),
    }
    head = HEAD[language].format(name=plan.name)
    content = yaml_text(document, head=head).encode()
    files = (*caddyfile(plan), RenderedFile(path="compose.yaml", content=content))
    return Rendering(files=files, findings=findings_of(plan))


def findings_of(plan: Plan) -> tuple[Finding, ...]:
    unchecked = [one.name for one in plan.services if not container_of(one).healthcheck]
    untold = [
        one.name
        for one in plan.services
        if container_of(one).password_variable and not told(one) and not one.password_in
    ]
    return (
        *coded_findings(plan, "compose", GIVEN_FOLDER),
        *map(not_told, untold),
        *map(not_checked, unchecked),
    )


def not_told(name: str) -> Finding:
    return Finding(
        rule="compose/password-not-told",
        severity=Severity.WARNING,
        message=f"no variable tells the app the password of {name}",
        hint="let the code read it from the environment; a password in the code is known to its readers",
        field=f"services.{name}",
    )


def not_checked(name: str) -> Finding:
    return Finding(
        rule="compose/no-health-check",
        severity=Severity.NOTE,
        message=f"{name} has no health check: the app starts beside it",
        hint="the image brings no program that could tell",
        field=f"services.{name}",
    )


def told(service: BackingService) -> bool:
    return any(variable.is_secret for variable in service.variables)


def services_of(plan: Plan, language: Language) -> Iterator[tuple[str, Yaml]]:
    for process in plan.processes:
        yield process.name, app_service(plan, process, language)
    for service in plan.services:
        yield service.name, backing_service(service, language, maker_name(plan))
    if maker_name(plan):
        yield maker_name(plan), maker(plan, language)
    if plan.domain:
        yield "proxy", proxy(plan, language, LOG)


def app_service(plan: Plan, process: Process, language: Language) -> Node:
    web, release = process.type is ProcessType.WEB, process.type is ProcessType.RELEASE
    names = names_for(plan, process)
    environment = environment_of(plan, process, names)
    node: Node = {
        "image": image_of(plan),
        **({"build": {"context": ".", "target": "production"}} if web else {}),
        **({} if web else {"pull_policy": "never"}),
        **profile_of(plan, process),
        "entrypoint": Commented(say("entrypoint", language), argv_of(plan, process, names)),
        "command": [],
        "init": not web,
        **({"environment": environment} if environment else {}),
        **({"ports": Commented(say("ports", language), [port_of(process)])} if web else {}),
        **dependencies_of(plan, process),
        **healthcheck_of(process),
        **restart_of(process),
        "networks": networks_for(plan, process),
        **hardening(plan, language),
        **mounts(plan, process),
        "stop_signal": process.stop_signal,
        "stop_grace_period": Commented(say("grace", language), f"{process.stop_grace_seconds}s"),
        **limits(process.resources.memory_bytes, process.resources.cpus, process.resources.pids),
        "logging": LOG,
    }
    if release:
        node["image"] = Commented(say("release", language), node["image"])
    return node


def profile_of(plan: Plan, process: Process) -> Node:
    aside = plan.worker_profile and process.type in (ProcessType.WORKER, ProcessType.SCHEDULER)
    return {"profiles": [literal(plan.worker_profile)]} if aside else {}


def networks_for(plan: Plan, process: Process) -> list[Yaml]:
    front = ["front"] if plan.domain and process.type is ProcessType.WEB else []
    return ["edge", *(["data"] if plan.services else []), *front]


def argv_of(plan: Plan, process: Process, names: tuple[str, ...]) -> list[Yaml]:
    loads = bool(names or keys_to_give(plan))
    return [literal(one) for one in with_doors(plan, command_of(process, secrets=loads))]


def port_of(process: Process) -> str:
    return f"${{OKAMOCHI_ADDRESS:-127.0.0.1}}:${{OKAMOCHI_PORT:-{process.port}}}:{process.port}"


def environment_of(plan: Plan, process: Process, names: tuple[str, ...]) -> Node:
    """Values that are known; ${NAME:?} for what must be given; a bare name for what may be (unset stays
    unset: `${NAME}` would pass a blank, which overrules the app's own default)."""
    given = {variable.name: variable for service in plan.services for variable in service.variables}
    found: Node = {}
    for service in plan.services:
        for one in service.variables:
            if not one.is_secret:
                found[one.name] = literal(service.value_of(one))
    images = dict(plan.image_environment)
    for variable in plan.environment:
        if variable.name in given or variable.name in names or variable.name in keys_to_give(plan):
            continue
        if variable.name.startswith(FOR_RELEASE) and process.type is not ProcessType.RELEASE:
            continue
        found[variable.name] = value_of(variable, images.get(variable.name))
    if process.type is ProcessType.WEB:
        found.update(trust(plan))
    keys = keys_to_give(plan)
    told = kit_environment(plan, process) | secret_files_environment(plan, names)
    told |= key_files_environment(plan, keys)
    found.update({name: literal(value) for name, value in told.items()})
    return dict(sorted(found.items()))


def value_of(variable: EnvironmentVariable, images: str | None) -> Yaml:
    """`images` is the value that the image sets: a bare name would take that away."""
    if images is not None:
        return literal(images) if "}" in images else f"${{{variable.name}:-{literal(images)}}}"
    return f"${{{variable.name}:?set it in .env}}" if variable.required else None


def dependencies_of(plan: Plan, process: Process) -> Node:
    needed: Node = {
        service.name: {
            "condition": "service_healthy" if container_of(service).healthcheck else "service_started",
            **({} if service.required else {"required": False}),
        }
        for service in plan.services
    }
    if reads_files(plan, process):
        needed[maker_name(plan)] = {"condition": "service_completed_successfully"}
    if process.type is not ProcessType.RELEASE:
        for other in plan.processes:
            if other.type is ProcessType.RELEASE:
                needed[other.name] = {"condition": "service_completed_successfully"}
    return {"depends_on": needed} if needed else {}


def healthcheck_of(process: Process) -> Node:
    if process.type is ProcessType.WEB:
        return {"healthcheck": check(HEALTH_CHECK, start="60s")}
    if isinstance(process.probe, HeartbeatProbe):
        return {"healthcheck": check(HEALTH_CHECK, start="60s", every="30s")}
    return {"healthcheck": {"disable": True}}


def restart_of(process: Process) -> Node:
    return {"restart": "no" if process.type is ProcessType.RELEASE else "unless-stopped"}


def hardening(plan: Plan, language: Language) -> Node:
    security = plan.security
    return {
        "user": f"{security.run_as_user}:{security.run_as_group}",
        "read_only": Commented(say("read_only", language), security.read_only_root_filesystem),
        "cap_drop": list(security.drop_capabilities),
        **({} if security.allow_privilege_escalation else {"security_opt": ["no-new-privileges:true"]}),
    }


def mounts(plan: Plan, process: Process) -> Node:
    folders: list[Yaml] = [f"/tmp:size={plan.tmp_bytes // 2**20}m,mode=1777,noexec,nosuid,nodev"]
    for folder in plan.temporary_folders:
        folders.append(f"{folder.path}:size={folder.size_bytes},mode=1777,noexec,nosuid,nodev")
    volumes: list[Yaml] = [f"{volume.name}:{volume.path}" for volume in plan.volumes]
    volumes += secrets_mount(plan, process)
    return {"tmpfs": folders, **({"volumes": volumes} if volumes else {})}


def networks_of(plan: Plan, language: Language) -> Node:
    data: Node = {"data": Commented(say("data", language), {"internal": True})} if plan.services else {}
    # a port cannot be published from a network without a way out
    exposed: Node = {"exposed": {}} if any(one.published_port for one in plan.services) else {}
    return {"networks": {"edge": {}, **data, **front_network(plan, language), **exposed}}


def volumes_of(plan: Plan, language: Language) -> Node:
    names = [volume.name for volume in plan.volumes]
    names += [f"{service.name}-data" for service in plan.services if service.volume_path]
    names += secret_volumes(plan)
    names += ["proxy-data", "proxy-config"] if plan.domain else []
    if not names:
        return {}
    return {"volumes": Commented(say("volume", language), {name: {} for name in names})}
