"""Reads [tool.okamochi] of pyproject.toml, or okamochi.toml, into settings with the line of each key."""

from typing import Any

import msgspec

from okamochi.errors import UsageError
from okamochi.model.setting_words import as_it_is_written, in_words
from okamochi.model.settings import Settings, SettingsTable
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles, text_if_there

__all__ = ["OWN_FILE", "read_settings", "setting_keys", "settings_of"]

PYPROJECT = "pyproject.toml"
OWN_FILE = "okamochi.toml"


def read_settings(project: ProjectFiles) -> SettingsTable:
    """The project's settings; an empty table when it has none.

    UsageError: both files hold settings, a file is no TOML, a key is unknown, a value has the wrong type.
    """
    text = text_if_there(project, OWN_FILE)
    own = text if project.exists(OWN_FILE) else None
    pyproject = project.read_text(PYPROJECT)
    in_pyproject = _tool_table(pyproject) if pyproject is not None else None
    if own is not None and in_pyproject is not None:
        raise UsageError(
            "the project has settings in two places",
            where=f"{OWN_FILE}, {PYPROJECT} [tool.okamochi]",
            hint=f"keep one of them: move the keys of {OWN_FILE} into [tool.okamochi], or the other way",
        )
    if own is not None:
        return settings_of(_parsed(own, OWN_FILE), path=OWN_FILE, lines=_key_lines(own, table=""))
    if in_pyproject is not None and pyproject is not None:
        return settings_of(in_pyproject, path=PYPROJECT, lines=_key_lines(pyproject, table="tool.okamochi"))
    return SettingsTable()


def setting_keys() -> tuple[str, ...]:
    """All keys, as they are written in the files."""
    return tuple(field.encode_name for field in msgspec.structs.fields(Settings))


def settings_of(
    table: dict[str, Any], *, path: str, lines: tuple[tuple[str, int], ...] = (), strict: bool = True
) -> SettingsTable:
    """Checked settings of an already parsed table; `strict=False` also takes numbers written as text.

    UsageError names the file, the line and the key, and for an unknown key the nearest valid one.
    """
    places = dict(lines)
    for key in sorted(table):
        if key not in setting_keys():
            if key == "tool" and path == OWN_FILE:
                raise UsageError(
                    f"the settings stand in a table, as in {PYPROJECT}",
                    where=_place(path, places.get(key, 0)),
                    hint=f'in {OWN_FILE} they stand alone: take the line "[tool.okamochi]" away',
                )
            raise UsageError(
                f"{key} is not a setting of okamochi",
                where=_place(path, places.get(key, 0)),
                hint=_nearest(key),
            )
    try:
        settings = msgspec.convert(table, Settings, strict=strict)
    except msgspec.ValidationError as error:
        raise _wrong_type(error, table, path=path, places=places, strict=strict) from error
    if settings.services is True:
        raise UsageError(
            "services = true says nothing: the services that the code leads to are started anyway",
            where=_place(path, places.get("services", 0)),
            hint=f"take the line away; services is: {_description('services')}",
        )
    return SettingsTable(settings=settings, path=path, lines=lines)


def _wrong_type(
    error: msgspec.ValidationError, table: dict[str, Any], *, path: str, places: dict[str, int], strict: bool
) -> UsageError:
    for key in sorted(table):
        try:
            msgspec.convert({key: table[key]}, Settings, strict=strict)
        except msgspec.ValidationError as one:
            meant = as_it_is_written(key, table[key], str(one)) if strict else ""
            return UsageError(
                in_words(key, str(one)),
                where=_place(path, places.get(key, 0)),
                hint=f"{f'write {meant}; ' if meant else ''}{key} is: {_description(key)}",
            )
    return UsageError(str(error), where=path, hint=f"valid settings: {', '.join(setting_keys())}")


def _description(key: str) -> str:
    """What the declaration of the setting says about it."""
    properties = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]
    found = properties.get(key, {})
    branches = [found, *found.get("anyOf", ())]
    return next((branch["description"] for branch in branches if "description" in branch), key)


def _nearest(key: str) -> str:
    import difflib

    close = difflib.get_close_matches(key.replace("_", "-").lower(), setting_keys(), n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}? All settings: {', '.join(setting_keys())}"
    return f"valid settings: {', '.join(setting_keys())}"


def _place(path: str, line: int) -> str:
    return f"{path}:{line}" if line else path


def _tool_table(text: str) -> dict[str, Any] | None:
    if "okamochi" not in text:
        return None
    tool = _parsed(text, PYPROJECT).get("tool", {})
    table = tool.get("okamochi") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UsageError("tool.okamochi is not a table", where=PYPROJECT, hint="write it as [tool.okamochi]")
    return table


def _parsed(text: str, path: str) -> dict[str, Any]:
    try:
        return toml_of(text.removeprefix("\ufeff"))
    except NoDataError as error:
        raise UsageError(
            f"{path} is not valid TOML: {error}",
            where=_place(path, error.line),
            hint="correct the file; https://toml.io shows the syntax",
        ) from error


HEADER = regex(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?")
KEY = regex(r"""\s*(["']?)([A-Za-z0-9_.-]+)\1\s*=""")


def _key_lines(text: str, *, table: str) -> tuple[tuple[str, int], ...]:
    """The line on which each key of the table is first written; keys of strings that span lines may mislead,
    which costs a wrong line number and nothing else."""
    lines: dict[str, int] = {}
    prefix = f"{table}." if table else ""
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = HEADER.fullmatch(line)
        key = KEY.match(line)
        if header is not None:
            current = header.group(1).replace('"', "").replace(" ", "")
            full = current
        elif key is not None:
            full = f"{current}.{key.group(2)}" if current else key.group(2)
        else:
            continue
        if full.startswith(prefix) and full != table:
            lines.setdefault(full.removeprefix(prefix).split(".")[0], number)
    return tuple(sorted(lines.items()))
