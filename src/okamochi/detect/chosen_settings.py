"""The settings that rule: the project's, overruled by the environment's, overruled by the command line's."""

from collections.abc import Mapping
from typing import Any

import msgspec

from okamochi.errors import UsageError
from okamochi.model.evidence import Evidence, Origin
from okamochi.model.settings import Settings, SettingsTable
from okamochi.model.settings_reader import setting_keys, settings_of

__all__ = ["WITHOUT_VARIABLE", "ChosenSettings", "choose_settings", "settings_from_environ"]

LIST_KEYS = frozenset(["requirements", "packages", "volumes", "exclude"])
TABLE_KEYS = frozenset(["expose"])
"""Written as name=value, with commas."""
WITHOUT_VARIABLE = frozenset(["env", "services"])
"""Tables that no variable of the environment can hold."""


class ChosenSettings(msgspec.Struct, frozen=True):
    """`origins` and `evidence` tell, for each key that is set, who set it and where."""

    settings: Settings
    origins: Mapping[str, Origin]
    evidence: Mapping[str, Evidence]

    def origin(self, key: str) -> Origin:
        return self.origins.get(key, Origin.DETECTED)

    def place(self, key: str) -> Evidence:
        return self.evidence[key]

    def where(self, key: str) -> str:
        found = self.evidence.get(key)
        if found is None:
            return key
        return f"{found.path}:{found.line}" if found.line else found.path or found.reason


def settings_from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings that OKAMOCHI_<KEY> variables hold, such as OKAMOCHI_PORT; lists are separated by commas."""
    found = {key: environ.get(f"OKAMOCHI_{key.upper().replace('-', '_')}", "") for key in setting_keys()}
    return {key: text for key, text in found.items() if text and key not in WITHOUT_VARIABLE}


def choose_settings(
    table: SettingsTable, environ_overrides: Mapping[str, str], command_line: Mapping[str, str]
) -> ChosenSettings:
    """UsageError when an override names no setting or has the wrong type."""
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    evidence: dict[str, Evidence] = {}
    lines = dict(table.lines)
    for field in msgspec.structs.fields(Settings):
        value = getattr(table.settings, field.name)
        if value is not None:
            key = field.encode_name
            values[key] = value
            origins[key] = Origin.SETTINGS
            evidence[key] = Evidence(path=table.path, line=lines.get(key, 0), reason=f"setting {key}")
    for overrides, origin in ((environ_overrides, Origin.ENVIRONMENT), (command_line, Origin.COMMAND_LINE)):
        for key, text in sorted(overrides.items()):
            shown = (
                f"--{key}" if origin is Origin.COMMAND_LINE else f"OKAMOCHI_{key.upper().replace('-', '_')}"
            )
            values[key] = _parsed(key, text, shown)
            origins[key] = origin
            evidence[key] = Evidence(path="", reason=shown)
    return ChosenSettings(msgspec.convert(values, Settings), origins, evidence)


def _parsed(key: str, text: str, shown: str) -> Any:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    value: Any = parts if key in LIST_KEYS else text
    if key in TABLE_KEYS:
        for part in parts:
            if not part.partition("=")[2]:
                hint = f"write NAME=PORT: {part.strip('=')}=15432"
                raise UsageError(f"{part} has no port", where=shown, hint=hint)
        value = dict(part.partition("=")[::2] for part in parts)
    settings = settings_of({key: value}, path=shown, strict=False).settings
    return getattr(settings, key.replace("-", "_"))
