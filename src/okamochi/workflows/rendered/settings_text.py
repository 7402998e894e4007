"""The text of okamochi.toml for settings that were taken over from files."""

import json

__all__ = ["SettingValues", "settings_text"]

SettingValues = dict[str, tuple[object, tuple[str, ...]]]
"""By key: the value, and the places that said it."""


def settings_text(settings: SettingValues, head: str) -> str:
    """For okamochi.toml, with each setting's places above it; "" for none. Tables last, as TOML has it."""
    lines = []
    for key, (value, places) in sorted(settings.items(), key=lambda pair: isinstance(pair[1][0], dict)):
        lines += [f"# {', '.join(places)}"] if places else []
        if isinstance(value, dict):
            lines.append(f"[{key}]")
            lines += [f"{name} = {toml(one)}" for name, one in value.items()]
        else:
            lines.append(f"{key} = {toml(value)}")
    return "\n".join((f"# {head}", *lines, "")) if lines else ""


def toml(value: object) -> str:
    """Strings, numbers and lists are written in TOML as in JSON; a table in one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
