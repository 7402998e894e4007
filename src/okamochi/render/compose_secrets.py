"""Secrets of a compose file: volumes that its first container fills, so that Compose needs no okamochi.

Why volumes: docs/adr/0031-secrets-of-a-stack.md.
"""

from collections.abc import Iterator

from okamochi.model.backing_service import BackingService
from okamochi.model.kit_programs import SECRETS_MOUNT, STACK_SECRETS, STACK_SECRETS_MOUNT
from okamochi.model.plan import Plan
from okamochi.model.process import Process, ProcessType, VariableKind
from okamochi.render.compose_backing import LOG, host_mount, limits, literal, secrets_volume
from okamochi.render.rendering import Language, RenderedFile
from okamochi.render.service_containers import container_of, password_name
from okamochi.render.yaml_text import Commented, Node

__all__ = [
    "FOR_RELEASE",
    "GIVEN_FOLDER",
    "compose_secrets",
    "given_folder",
    "image_of",
    "keys_to_give",
    "maker",
    "maker_name",
    "names_for",
    "reads_files",
    "secret_volumes",
    "secrets_mount",
    "wanted",
    "with_password",
]


FOR_RELEASE = "MIGRATION_"
"""How the names of addresses begin that only migrations may know: they may change the schema."""
APP, RELEASE = "app", "release"
GIVEN_FOLDER = "secrets"
MEMORY_BYTES = 64 * 1024 * 1024

WORDS: dict[str, tuple[str, str]] = {
    "maker": (
        """runs first: makes up each secret once and keeps it in a volume. A value of your own comes from
.env or, better, from the file secrets/NAME. No value is in this file, in an image or in a log""",
        """最初に実行され、シークレットを一度だけ生成してボリュームに保存する。自分の値は .env か
secrets/NAME ファイルで渡す（値はこのファイルにもイメージにもログにも現れない）""",
    ),
    "user": (
        "root without its powers, but to read your files of mode 0600: nobody else can change the volumes",
        "権限を落とした root（ファイルの読み取りのみ）。他のユーザはボリュームを変更できない",
    ),
}
IGNORED = {
    Language.ENGLISH: """\
# A file here is a secret of the stack: its name is the variable's, its content the value (SECRET_KEY).
# It wins over what compose.yaml makes up, and over .env. Nothing of it is committed.
*
!.gitignore
""",
    Language.JAPANESE: """\
# ここに置いたファイルはスタックのシークレットになる。ファイル名が変数名、内容が値（例: SECRET_KEY）。
# compose.yaml が生成する値や .env より優先される。コミットされない。
*
!.gitignore
""",
}


def compose_secrets(plan: Plan) -> tuple[str, ...]:
    """Names of the secrets that the app's processes read from files, sorted."""
    served = {one.name: one.is_secret for service in plan.services for one in service.variables}
    known = dict(plan.image_environment)  # the address of a SQLite file is no secret
    own = {
        one.name
        for one in plan.environment
        if one.kind is VariableKind.GENERATED
        or (one.kind is VariableKind.SECRET and one.required and one.name not in known)
    }
    return tuple(sorted((own - served.keys()) | {name for name, secret in served.items() if secret}))


def names_for(plan: Plan, process: Process) -> tuple[str, ...]:
    """Of these, the ones that a process gets."""
    release = process.type is ProcessType.RELEASE
    return tuple(one for one in compose_secrets(plan) if release or not one.startswith(FOR_RELEASE))


def keys_to_give(plan: Plan) -> tuple[str, ...]:
    """Key files that the app starts without, sorted: every process gets those that are given."""
    return tuple(
        sorted(
            one.name
            for one in plan.environment
            if one.holds_path and one.kind is VariableKind.SECRET and not one.required
        )
    )


def reads_files(plan: Plan, process: Process) -> bool:
    """Whether it has secrets in files, or may have."""
    return bool(names_for(plan, process) or keys_to_give(plan))


def with_password(services: tuple[BackingService, ...]) -> tuple[BackingService, ...]:
    return tuple(one for one in services if container_of(one).password_variable)


def maker_name(plan: Plan) -> str:
    """The service that makes the secrets, "" when there are none."""
    if not groups(plan) and not with_password(plan.services):
        return ""
    taken = {one.name for one in plan.processes} | {one.name for one in plan.services}
    return "secrets" if "secrets" not in taken else "stack-secrets"


def groups(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The app's volumes, and the secrets in each: one for all processes, and one more when migrations know
    what the others may not."""
    every = compose_secrets(plan)
    shared = tuple(one for one in every if not one.startswith(FOR_RELEASE))
    keys = keys_to_give(plan)
    found = {APP: (*shared, *keys), **({RELEASE: (*every, *keys)} if every != shared else {})}
    return {name: names for name, names in found.items() if names}


def secrets_mount(plan: Plan, process: Process) -> tuple[str, ...]:
    if not reads_files(plan, process):
        return ()
    own = RELEASE if process.type is ProcessType.RELEASE and RELEASE in groups(plan) else APP
    return (f"{secrets_volume(own)}:{SECRETS_MOUNT}:ro",)


def owners(plan: Plan) -> tuple[str, ...]:
    """Who has a volume with secrets: the app's processes, and each service with a password."""
    return (*groups(plan), *(one.name for one in with_password(plan.services)))


def secret_volumes(plan: Plan) -> tuple[str, ...]:
    return tuple(secrets_volume(name) for name in owners(plan))


def wanted(plan: Plan, services: tuple[BackingService, ...]) -> Iterator[str]:
    """What the program is asked for, an argument for each secret of each volume; see kit/stack_secrets.py."""
    for service in with_password(services):
        # the one that the code has cannot be made up
        yield f"{service.name}/{password_name(service)}{'?' if service.password_in else ''}"
    passwords = {password_name(one) for one in with_password(services)}
    served = {
        variable.name: served_by(service, variable.template)
        for service in services
        for variable in service.variables
        if variable.is_secret
    }
    keys = keys_to_give(plan)
    made_up = {one.name for one in plan.environment if one.kind is VariableKind.GENERATED}
    for folder, names in groups(plan).items():
        for name in names:
            if name in passwords:
                yield f"{folder}/{name}"  # as its service above has it
            elif name in keys:
                yield f"{folder}/{name}??"
            elif name in served:
                yield f"{folder}/{name}={served[name]}"
            else:
                yield f"{folder}/{name}" if name in made_up else f"{folder}/{name}?"


def served_by(service: BackingService, template: str) -> str:
    """The address of a service, with its password's name where the password stands."""
    password = f"{{{password_name(service)}}}" if container_of(service).password_variable else ""
    return template.format(
        host=service.name, port=service.port, user=service.user, password=password, database=service.database
    )


def image_of(plan: Plan) -> str:
    """The app's own, as a compose file names it."""
    return f"${{OKAMOCHI_IMAGE:-{plan.name}:latest}}"


def maker(plan: Plan, language: Language) -> Node:
    entries = [literal(one) for one in wanted(plan, plan.services)]
    # addresses are no part of it: a .env often has that of the desk, and localhost is not db
    asked = {one.rstrip("?").partition("/")[2] for one in entries if "=" not in one}
    # nor are key files: of these .env has the path
    names = sorted(asked - plan.key_names)
    given = host_mount(f"${{OKAMOCHI_SECRETS:-./{GIVEN_FOLDER}}}", f"{STACK_SECRETS_MOUNT}/given")
    return {
        "image": Commented(WORDS["maker"][language is Language.JAPANESE], image_of(plan)),
        "pull_policy": "never",
        "entrypoint": list(STACK_SECRETS),
        "command": entries,
        "environment": dict.fromkeys(names),
        "healthcheck": {"disable": True},
        "restart": "no",
        "network_mode": "none",
        "user": Commented(WORDS["user"][language is Language.JAPANESE], "0:0"),
        "read_only": True,
        "cap_drop": ["ALL"],
        "cap_add": ["DAC_OVERRIDE"],
        "security_opt": ["no-new-privileges:true"],
        "volumes": [given, *maker_mounts(plan)],
        **limits(MEMORY_BYTES, 0.5, 32),
        "logging": LOG,
    }


def maker_mounts(plan: Plan) -> tuple[str, ...]:
    return tuple(f"{secrets_volume(name)}:{STACK_SECRETS_MOUNT}/{name}" for name in owners(plan))


def given_folder(plan: Plan, language: Language) -> tuple[RenderedFile, ...]:
    """The folder for values of one's own: without it the engine would make it, as root."""
    if not maker_name(plan):
        return ()
    return (RenderedFile(path=f"{GIVEN_FOLDER}/.gitignore", content=IGNORED[language].encode()),)
