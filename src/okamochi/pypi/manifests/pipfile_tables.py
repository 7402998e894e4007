"""[packages] and [dev-packages] of a Pipfile that was never locked."""

from collections.abc import Iterator

from okamochi.pypi.locks.pipfile import address_of
from okamochi.pypi.locks.tables import text_of, toml_table
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import items_of, table_of

__all__ = ["pipfile_specifiers"]


def pipfile_specifiers(
    project: ProjectFiles, path: str = "Pipfile", section: str = "packages"
) -> tuple[str, ...]:
    return tuple(specifiers(table_of(toml_table(project, path), section)))


def specifiers(packages: dict[str, object]) -> Iterator[str]:
    for name, value in packages.items():
        entry = table_of(value)
        if entry.get("path"):
            continue
        listed = items_of(entry.get("extras"))
        extras = f"[{','.join(map(str, listed))}]" if listed else ""
        version = (text_of(value) or text_of(entry.get("version"))).replace("*", "", 1).strip()
        version = f"=={version}" if version[:1].isdigit() else version
        address = address_of(entry)
        marker = f" ; {entry['markers']}" if entry.get("markers") else ""
        yield f"{name}{extras} @ {address}{marker}" if address else f"{name}{extras}{version}{marker}"
