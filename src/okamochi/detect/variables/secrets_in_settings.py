"""Secrets in the setting `env`: they would be in the image, for everybody who has it."""

from collections.abc import Iterable

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.errors import UsageError
from okamochi.model.process import EnvironmentVariable, VariableKind

__all__ = ["refuse_secrets_in_settings"]


def refuse_secrets_in_settings(chosen: ChosenSettings, variables: Iterable[EnvironmentVariable]) -> None:
    """UsageError. A blank and an address without a password tell nobody anything."""
    values = chosen.settings.env or {}
    kinds = {one.name: one.kind for one in variables}
    secret = [
        name
        for name, value in values.items()
        if kinds.get(name, VariableKind.PLAIN) is not VariableKind.PLAIN and tells(value)
    ]
    if secret:
        raise UsageError(
            f"the setting env would write a secret into the image: {', '.join(sorted(secret))}",
            where=chosen.where("env"),
            hint="give it when the app starts: okamochi up --env-file FILE (lines NAME=value); the app's own "
            "keys, such as SECRET_KEY, are made up where nobody gives them",
        )


def tells(value: str) -> bool:
    return bool(value.strip()) and not ("://" in value and "@" not in value)
