"""A wheel that says that the project is installed, while its source stays where it lies: metadata, entry
points and the folder to import from, as an editable installation has them."""

import base64
import hashlib
import io
import posixpath
import zipfile

from okamochi.model.lock import LockedWheel
from okamochi.model.plan import APP_ROOT
from okamochi.pypi.built_wheel import INSTANT, Built
from okamochi.pypi.manifests.package_facts import PackageFacts
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.world import World

__all__ = ["NO_VERSION", "own_wheel"]

NO_VERSION = "0"
WHEEL = "Wheel-Version: 1.0\nGenerator: okamochi\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def own_wheel(world: World, facts: PackageFacts, folder: str, *, version: str = "") -> Built:
    """Of the package whose source lies in `folder` of the project ("" is its root); kept in the cache.
    `version` counts where the files tell none."""
    version = facts.version or version or NO_VERSION
    stem = f"{facts.normalized.replace('-', '_')}-{version}"
    root = posixpath.normpath(posixpath.join(APP_ROOT, folder, facts.import_folder))
    files = {
        f"__editable__.{stem}.pth": f"{root}\n",
        f"{stem}.dist-info/METADATA": metadata(facts, version),
        f"{stem}.dist-info/WHEEL": WHEEL,
    }
    if facts.entry_points:
        files[f"{stem}.dist-info/entry_points.txt"] = entry_points(facts)
    content = zipped(files, f"{stem}.dist-info/RECORD")
    sha256 = world.cache.put_bytes(content)
    wheel = LockedWheel(
        name=facts.normalized, version=version, filename=f"{stem}-py3-none-any.whl", sha256=sha256
    )
    path = world.cache.blob(sha256)
    assert path is not None  # it was just put there
    return Built(wheel, path)


def metadata(facts: PackageFacts, version: str) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {facts.name}", f"Version: {version}"]
    if facts.requires_python and facts.requires_python.isprintable():
        lines.append(f"Requires-Python: {facts.requires_python}")
    lines += [f"Requires-Dist: {one}" for one in by_name(facts.dependencies or (), "")]
    for extra, listed in facts.extras:
        if extra.isascii() and extra.replace("-", "").replace("_", "").replace(".", "").isalnum():
            lines.append(f"Provides-Extra: {extra}")
            lines += [f"Requires-Dist: {one}" for one in by_name(listed, extra)]
    return "\n".join(lines) + "\n"


def by_name(specifiers: tuple[str, ...], extra: str) -> list[str]:
    """Addresses are left out: they may hold folders of this machine, or passwords."""
    found: list[str] = []
    for one in specifiers:
        asked = parsed_specifier(one)
        if asked is None:
            continue
        asked.url = None
        text = str(asked)
        if extra:
            bare, _, marker = text.partition(";")
            own = f'extra == "{extra}"'
            text = f"{bare.strip()}; ({marker.strip()}) and {own}" if marker else f"{bare.strip()}; {own}"
        found.append(text)
    return found


def entry_points(facts: PackageFacts) -> str:
    sections = (
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in points)
        for group, points in facts.entry_points
    )
    return "\n".join(sections)


def zipped(files: dict[str, str], record: str) -> bytes:
    """Sorted, without times: the same files give the same bytes."""
    rows = []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path, text in sorted(files.items()):
            content = text.encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append(f"{path},sha256={digest},{len(content)}\n")
            archive.writestr(member(path), content)
        archive.writestr(member(record), "".join((*rows, f"{record},,\n")))
    return packed.getvalue()


def member(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, INSTANT)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry
