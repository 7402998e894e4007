"""Requirements that name a place instead of an index: version control addresses, archives, folders of the
project. Written in one form: `name[extras] @ place ; marker`, a folder as `file:` and its path from the root.
"""

import posixpath
import re
from urllib.parse import quote, unquote, urlsplit

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from okamochi.errors import DetectionError, PlanError
from okamochi.pypi.manifests.package_facts import read_package
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = [
    "LOCAL",
    "URL",
    "VCS",
    "folder_of",
    "is_archive",
    "is_built_here",
    "is_git",
    "named",
    "plain_place",
    "wheel_name",
    "without_credentials",
]

VCS = regex(r"(git|hg|svn|bzr)\+", re.IGNORECASE)
URL = regex(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
EGG = regex(r"(?:^|&)egg=([A-Za-z0-9._-]+)(\[[\w,.-]*\])?")
ARCHIVE = regex(r"\.(?:tar\.gz|tgz|tar\.bz2|tar\.xz|zip)$", re.IGNORECASE)
SDIST_NAME = regex(r"([A-Za-z0-9][A-Za-z0-9._-]*?)-v?\d[\w.+!-]*$")
LOCAL = regex(r"(?P<path>[^\[;]++)(?P<extras>\[[^\]]*\])?\s*(?:;\s*(?P<marker>.+))?")
ROOT_VARIABLE = regex(r"^/*\$\{PROJECT_ROOT\}/*")


def is_git(url: str) -> bool:
    return url.lower().startswith("git+")


def is_archive(url: str) -> bool:
    return ARCHIVE.search(urlsplit(url).path) is not None


def is_built_here(url: str) -> bool:
    """Whether the place holds source, or a file of the project: nothing that uv could fetch as a wheel."""
    return is_git(url) or url.startswith("file:") or is_archive(url)


def folder_of(url: str) -> str:
    """The path from the project's root of a `file:` place; "" for all others."""
    return unquote(url.removeprefix("file:")) if url.startswith("file:") else ""


def wheel_name(url: str) -> str:
    filename = unquote(posixpath.basename(urlsplit(url).path))
    try:
        return str(parse_wheel_filename(filename)[0])
    except InvalidWheelFilename:
        return ""


def named(text: str, project: ProjectFiles, path: str, where: str) -> str:
    """A line that begins with a place gets the name that its place tells; other lines stay as they are."""
    if VCS.match(text) or (URL.match(text) and not text.startswith("file:")):
        place, semicolon, marker = text.partition(" ;")
        return addressed(place.strip(), where) + (f" ;{marker}" if semicolon else "")
    before = text.partition("@")[0].partition(";")[0].partition("[")[0]
    if text.startswith((".", "/", "~", "file:")) or "/" in before or "\\" in before:
        return local(text, project, path, where)
    return text


def addressed(place: str, where: str) -> str:
    """`git+https://…/shop.git@v1#egg=shop` and addresses of archives and wheels."""
    url, _, fragment = place.partition("#")
    egg = EGG.search(fragment)
    own = wheel_name(url)
    name = own or (egg[1] if egg is not None else guessed_name(url))
    if not name:
        raise PlanError(
            f"nothing tells the name of the package at {without_credentials(place)[:160]}",
            where=where,
            hint="write its name before the address: name @ address",
        )
    kept = "&".join(part for part in fragment.split("&") if part.startswith("subdirectory="))
    extras = (egg[2] or "") if egg is not None else ""
    return f"{name}{extras} @ {url if own else url + (f'#{kept}' if kept else '')}"


def guessed_name(url: str) -> str:
    """The repository's or the archive's; the package that is built from it tells the true one."""
    path = urlsplit(url.removeprefix("git+")).path
    if is_git(url):
        found = posixpath.basename(path.rpartition("@")[0] or path).removesuffix(".git")
    else:
        stem = ARCHIVE.sub("", posixpath.basename(path))
        sdist = SDIST_NAME.fullmatch(stem)
        forge = re.match(r"/[^/]+/([^/]+)/(?:archive|zipball|tarball|-/archive)/", path)
        found = forge[1] if forge is not None else sdist[1] if sdist is not None else stem
    return found if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", found) else ""


def local(text: str, project: ProjectFiles, path: str, where: str) -> str:
    """`./lib[extra]`: relative to the project's root, as pip run there takes it, else to the file."""
    found = LOCAL.fullmatch(text.replace("\\", "/"))
    if found is None:
        raise no_package(text, where)
    written = plain_place(found["path"], where)
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), written))
    place = next((one for one in (written, beside) if project.exists(one)), written)
    name = wheel_name(place) or name_in(project, place)
    if not name:
        raise no_package(written, where)
    marker = f" ; {found['marker']}" if found["marker"] else ""
    return f"{name}{found['extras'] or ''} @ file:{quote(place, safe='/.-_')}{marker}"


def plain_place(text: str, where: str) -> str:
    """The path of a folder or file as the root sees it. PlanError for absolute ones: they are of one
    machine."""
    bare = text.strip().removeprefix("file:")
    bare = bare.removeprefix("//localhost/") if bare.startswith("//localhost/") else bare.removeprefix("//")
    inside = ROOT_VARIABLE.sub("", bare)
    if inside.startswith(("/", "~", "$")) or re.match(r"[A-Za-z]:", inside):
        raise PlanError(
            f"a folder outside of the project is asked for: {text.strip()[:160]}",
            where=where,
            hint="keep the package in the project or beside it, and write a relative path (./libs/name)",
        )
    return posixpath.normpath(unquote(inside) or ".")


def name_in(project: ProjectFiles, place: str) -> str:
    if is_archive(place):
        found = SDIST_NAME.fullmatch(ARCHIVE.sub("", posixpath.basename(place)))
        return canonicalize_name(found[1]) if found is not None and project.exists(place) else ""
    facts = read_package(project, place)
    return facts.normalized if facts is not None else ""


def no_package(place: str, where: str) -> DetectionError:
    return DetectionError(
        f"{place.strip()[:160]} is no package: no pyproject.toml, setup.cfg or setup.py there tells a name",
        where=where,
        hint="correct the path; folders out of the project are read only when one checkout or workspace, or "
        "the folder where okamochi is started, holds both",
    )


def without_credentials(text: str) -> str:
    """A password may hold an @: the last one before the path ends it."""
    return re.sub(r"(://)[^/\s]*@", r"\1", text)
