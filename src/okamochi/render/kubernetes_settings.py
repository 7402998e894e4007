"""What a cluster has to be told about an app: config.env for what is plain, a file for each secret.

Kustomize makes a ConfigMap and Secrets of them, with a name that hangs on the content, so that pods are
replaced when a value changes: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/.
"""

from collections.abc import Iterator

from okamochi.model.finding import Finding, Severity
from okamochi.model.names import dashed
from okamochi.model.plan import Plan
from okamochi.model.process import VariableKind
from okamochi.render.compose_secrets import keys_to_give, names_for
from okamochi.render.env_sample import OPTIONAL, REQUIRED
from okamochi.render.kubernetes_pods import CONFIG, keys_name, optional_name, secret_name
from okamochi.render.kubernetes_words import app_name
from okamochi.render.orchestrators import is_wanted, optional_secrets, plain_names
from okamochi.render.rendering import Language
from okamochi.render.yaml_text import Node

__all__ = ["CONFIG_FILE", "SECRETS_FOLDER", "config_env", "generators", "settings_findings"]

CONFIG_FILE = "config.env"
SECRETS_FOLDER = "secrets"
HEAD = (
    "Plain settings, for every process. Secrets are files in secrets/. What is commented out is not set.",
    "すべてのプロセスに渡す設定。秘密の値は secrets/ のファイルに置く。コメントの行は設定されない。",
)
SERVED = ("the address of {name}, which is not part of this", "{name} の接続先（ここには含まれない）")


def config_env(plan: Plan, language: Language) -> str:
    lines = [f"# {HEAD[language is Language.JAPANESE]}"]
    for name in plain_names(plan):
        lines += ["", *entry(plan, name, language)]
    return "\n".join([*lines, ""])


def entry(plan: Plan, name: str, language: Language) -> Iterator[str]:
    index = int(language is Language.JAPANESE)
    variable = next((one for one in plan.environment if one.name == name), None)
    example = (variable.default if variable is not None else "") or ""
    words = [(REQUIRED if is_wanted(plan, name) else OPTIONAL)[index]]
    for service in plan.services:
        for one in service.variables:
            if one.name == name:
                words.append(SERVED[index].format(name=service.name))
                example = service.value_of(one)
    places = next((one.evidence for one in plan.decisions if one.field == f"environment.{name}"), ())
    where = f" ({places[0].path}:{places[0].line})" if places else ""
    yield f"# {', '.join(words)}{where}"
    yield f"# {name}={example if example.isprintable() else ''}"


def generators(plan: Plan) -> Node:
    config: Node = {"name": f"{app_name(plan)}-{CONFIG}", "envs": [CONFIG_FILE]}
    secrets: dict[str, tuple[str, ...]] = {}
    for process in plan.processes:
        if secret_name(plan, process):
            secrets[secret_name(plan, process)] = names_for(plan, process)
    if not secrets:
        return {"configMapGenerator": [config]}
    made: list[Node] = [
        {"name": name, "files": [entry for one in files for entry in keys_of(one)]}
        for name, files in sorted(secrets.items())
    ]
    return {"configMapGenerator": [config], "secretGenerator": made}


def keys_of(name: str) -> Iterator[str]:
    """The file, as the key of its name; db_password is db-password, too."""
    yield f"{SECRETS_FOLDER}/{name}"
    if dashed(name) != name:
        yield f"{dashed(name)}={SECRETS_FOLDER}/{name}"


def settings_findings(plan: Plan) -> Iterator[Finding]:
    """What must be filled in before it can be applied."""
    secret = optional_secrets(plan)
    for name in plain_names(plan):
        if is_wanted(plan, name):
            otherwise = f", or with a password in it in the Secret {optional_name(plan)}"
            yield Finding(
                rule="kubernetes/value-wanted",
                severity=Severity.WARNING,
                message=f"{name} has no value yet",
                hint=f"set it in kubernetes/{CONFIG_FILE}{otherwise if name in secret else ''}",
                field=f"environment.{name}",
            )
    made_up = {one.name for one in plan.environment if one.kind is VariableKind.GENERATED}
    every = {name for process in plan.processes for name in names_for(plan, process)}
    for name in sorted(every):
        place = f"kubernetes/{SECRETS_FOLDER}/{name}"
        written = (
            f"python3 -c 'import secrets; print(secrets.token_urlsafe(48))' > {place}"
            if name in made_up
            else f"write its value into {place}"
        )
        yield Finding(
            rule="kubernetes/secret-wanted",
            severity=Severity.NOTE,
            message=f"the secret {name} is read from {place}, which no rendering writes",
            hint=written,
            field=f"environment.{name}",
        )
    yield from may_be_given(plan, "key-files", "key files", keys_name(plan), keys_to_give(plan))
    yield from may_be_given(plan, "optional-secrets", "secrets", optional_name(plan), optional_secrets(plan))


def may_be_given(plan: Plan, rule: str, what: str, secret: str, names: tuple[str, ...]) -> Iterator[Finding]:
    """About a Secret that nobody has to make."""
    if not names:
        return
    files = " ".join(f"--from-file={name}=FILE" for name in names)
    yield Finding(
        rule=f"kubernetes/{rule}",
        severity=Severity.NOTE,
        message=f"{what} that may be given: {', '.join(names)}",
        hint=f"kubectl -n {app_name(plan)} create secret generic {secret} {files}",
        field="environment",
    )
