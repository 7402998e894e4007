"""What a development container needs beside devcontainer.json: its service, and what is made on the host."""

from okamochi.model.kit_programs import STACK_SECRETS_MOUNT
from okamochi.model.plan import APP_ROOT, Plan
from okamochi.render.compose import environment_of
from okamochi.render.compose_secrets import compose_secrets, maker_name, with_password
from okamochi.render.devcontainer_words import said
from okamochi.render.rendering import Language
from okamochi.render.service_containers import container_of, password_name
from okamochi.render.yaml_text import Commented, Yaml, yaml_text

__all__ = ["AGENT", "DESK_ENVIRONMENT", "compose_text", "initialize_script"]

AGENT = "/ssh-agent"
AGENT_LINK = ".devcontainer/ssh-agent"
DESK_SECRETS = ".devcontainer/secrets"
DESK_ENVIRONMENT = f"{DESK_SECRETS}/desk.env"


def compose_text(plan: Plan, language: Language) -> str:
    """A service of its own: overriding web's would carry its hardening, and its migrations, to the desk."""
    names = compose_secrets(plan)
    files = {f"{name}_FILE" for name in names}
    environment = environment_of(plan, plan.web, names)
    kept: dict[str, Yaml] = {
        name: value
        for name, value in environment.items()
        if name not in files and name not in names and not name.startswith("OKAMOCHI_")
    }
    desk: dict[str, Yaml] = {
        "image": f"{plan.name}:development",
        "build": {"context": ".", "target": "development"},
        "init": True,
        "entrypoint": Commented(said("desk", language), ["sleep", "infinity"]),
        "command": [],
        **({"environment": kept} if kept else {}),
        **({"env_file": Commented(said("desk-env", language), [DESK_ENVIRONMENT])} if names else {}),
        "depends_on": {
            service.name: {
                "condition": "service_healthy" if container_of(service).healthcheck else "service_started"
            }
            for service in plan.services
        },
        "networks": ["edge", "data"],
        "volumes": [f".:{APP_ROOT}", f"./{AGENT_LINK}:{AGENT}"],
    }
    services: dict[str, Yaml] = {"desk": desk}
    if maker_name(plan):
        given = f"./{DESK_SECRETS}:{STACK_SECRETS_MOUNT}/given:ro"
        services[maker_name(plan)] = {"image": desk["image"], "volumes": [given]}
    # another name than production's: neither its containers nor its volumes are touched
    return yaml_text({"name": f"{plan.name}-desk", "services": services}, head=said("compose", language))


def initialize_script(plan: Plan, language: Language) -> str:
    lines = ["#!/bin/sh", *comments("script", language), "set -eu", 'cd "$(dirname "$0")/.."', ""]
    lines += [
        *comments("agent", language),
        "agent=/dev/null",
        'if [ "$(uname)" = Linux ] && [ -S "${SSH_AUTH_SOCK-}" ]; then agent=$SSH_AUTH_SOCK; fi',
        f'ln -sfn "$agent" {AGENT_LINK}',
    ]
    if plan.services or compose_secrets(plan):
        lines += secrets_lines(plan, language)
    return "\n".join(lines) + "\n"


def comments(key: str, language: Language) -> list[str]:
    return [f"# {line}" for line in said(key, language).splitlines()]


def secrets_lines(plan: Plan, language: Language) -> list[str]:
    """Each password first, then the addresses that hold one."""
    names = compose_secrets(plan)
    passwords = [password_name(one) for one in with_password(plan.services)]
    templates = {
        variable.name: (service, variable)
        for service in plan.services
        for variable in service.variables
        if variable.is_secret
    }
    alone = [name for name in names if name not in templates]
    lines = [
        "",
        *comments("secrets", language),
        "umask 077",
        f"mkdir -p {DESK_SECRETS}",
        f"echo '*' >{DESK_SECRETS}/.gitignore",
        "made_up() {",
        f'    [ -s "{DESK_SECRETS}/$1" ] || cp "secrets/$1" "{DESK_SECRETS}/$1" 2>/dev/null ||',
        "        head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \\n' " + f'>"{DESK_SECRETS}/$1"',
        "}",
        *(f"made_up {name}" for name in dict.fromkeys((*passwords, *alone))),
    ]
    for name, (service, variable) in sorted(templates.items()):
        value = service.value_of(variable, password="\0")
        shown = value.replace("'", "'\\''").replace("%", "%%").replace("\0", "%s")
        password = f'"$(cat {DESK_SECRETS}/{password_name(service)})"'
        lines.append(f"printf '{shown}' {password} >{DESK_SECRETS}/{name}")
    if names:
        lines += [
            f": >{DESK_ENVIRONMENT}",
            "tell() {",
            f'    printf \'%s=%s\\n\' "$1" "$(cat "{DESK_SECRETS}/$1")" >>{DESK_ENVIRONMENT}',
            "}",
            *(f"tell {name}" for name in names),
        ]
    return lines
