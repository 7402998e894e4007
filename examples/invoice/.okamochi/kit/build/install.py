"""Fills a virtual environment from wheels, and compiles bytecode: the same bytes as okamochi's own builds.

    python install.py wheels FOLDER ENVIRONMENT [OWN]   install the wheels in FOLDER into ENVIRONMENT, and
                                                        those that lie unpacked in OWN, each in a folder
    python install.py compile FOLDER...                 even out modes, and compile the .py files below

Unlike pip it writes no path of this machine and no time, and leaves out what nothing reads at run time:
headers, manual pages, C sources beside their compiled modules. Standard library only.
"""

import base64
import configparser
import csv
import hashlib
import io
import os
import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = os.path.realpath(sys.executable)
VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
SITE = f"lib/{VERSION}/site-packages"
EARLY_STOP = "okamochi_early_stop.pth"
LEFT_OUT = re.compile(r"include/.*|share/man/.*|(?:.*/)?__pycache__/.*")
EXTENSION = re.compile(r"(?:\.cpython-[\w-]+|\.abi3)?\.so$")
# Written anew below, or true only of the machine that packed the wheel.
REPLACED = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "RECORD.jws", "RECORD.p7s"}
SCRIPT_NAME = re.compile(r"[A-Za-z0-9_.+-]+")
REFERENCE = re.compile(r"([A-Za-z_][\w.]*)\s*(?::\s*([A-Za-z_][\w.]*))?\s*(?:\[[^\]]*\])?", re.ASCII)
PYTHON_LINE = re.compile(
    rb"#!\s*(?:\S*/)?(?:env\s+(?:-S\s+)?)?(?:\S*/)?(?:python|pypy)w?[0-9.]*(?:[ \t][^\n]*)?\n?"
)
SCRIPT = """\
#!{python}
import sys
from {module} import {attribute}
if __name__ == "__main__":
    sys.exit({called}())
"""
MOST_SOURCE_BYTES = 8_000_000


def main(arguments: list[str]) -> int:
    os.umask(0o022)
    if arguments[:1] == ["wheels"] and len(arguments) in (3, 4):
        install_wheels(*arguments[1:])
        return 0
    if arguments[:1] == ["compile"] and len(arguments) > 1:
        for folder in arguments[1:]:
            even_out(folder)
        compile_below(arguments[1:])
        return 0
    sys.stderr.write(__doc__ or "")
    return 2


def install_wheels(folder: str, environment: str, own: str = "") -> None:
    make_environment(environment)
    names = [name for name in os.listdir(folder) if name.endswith(".whl")]
    found = [(name, zipfile.ZipFile(os.path.join(folder, name))) for name in names]
    if own:
        found += [(name, packed(os.path.join(own, name))) for name in os.listdir(own)]
    for _, archive in sorted(found, key=lambda pair: normalized(pair[0].partition("-")[0])):
        Wheel(archive, environment).install()
    compile_below([environment])
    sys.stderr.write(f"{len(found)} wheels installed into {environment}\n")


def packed(folder: str) -> zipfile.ZipFile:
    """A folder with a wheel's files, as an archive."""
    archive = zipfile.ZipFile(io.BytesIO(), "w")
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with open(path, "rb") as stream:
                archive.writestr(os.path.relpath(path, folder), stream.read())
    return archive


def normalized(name: str) -> str:
    """As PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def make_environment(environment: str) -> None:
    """A virtual environment (PEP 405) of this Python, without pip."""
    os.makedirs(os.path.join(environment, SITE))
    os.makedirs(os.path.join(environment, "bin"))
    with open(os.path.join(environment, "pyvenv.cfg"), "w", encoding="utf-8") as stream:
        stream.write(f"home = {os.path.dirname(PYTHON)}\ninclude-system-site-packages = false\n")
    os.symlink(PYTHON, os.path.join(environment, "bin", VERSION))
    for name in ("python3", "python"):
        os.symlink(VERSION, os.path.join(environment, "bin", name))
    shutil.copyfile(os.path.join(HERE, EARLY_STOP), os.path.join(environment, SITE, EARLY_STOP))


class Wheel:
    """One wheel (PEP 427): where its files go, and what is written in their stead."""

    def __init__(self, archive: zipfile.ZipFile, environment: str) -> None:
        self.environment = environment
        self.archive = archive
        self.first_line = (f"#!{environment}/bin/python\n").encode()
        self.record: dict[str, list[str]] = {}
        found = [one for one in self.archive.namelist() if one.endswith(".dist-info/METADATA")]
        self.dist_info = min(found, key=lambda one: one.count("/")).partition("/")[0]
        self.data = self.dist_info[: -len(".dist-info")] + ".data/"

    def install(self) -> None:
        members = [one for one in self.archive.infolist() if not one.is_dir()]
        places = {self.place(one.filename): one for one in members}
        scripts = self.console_scripts()
        extensions = {EXTENSION.sub("", path) for path in places if EXTENSION.search(path)}
        for path in sorted(places):
            if path in scripts or self.is_left_out(path, places, extensions):
                continue
            member = places[path]
            content = self.archive.read(member)
            if path.startswith("bin/"):
                self.write(path, self.with_interpreter(content), 0o755)
            else:
                self.write(path, content, 0o755 if member.external_attr >> 16 & 0o111 else 0o644)
        for path, text in scripts.items():
            self.write(path, text, 0o755)
        self.write(f"{SITE}/{self.dist_info}/INSTALLER", b"okamochi\n", 0o644)
        self.write(f"{SITE}/{self.dist_info}/RECORD", self.record_text(), 0o644)

    def place(self, name: str) -> str:
        """Relative to the environment. ValueError for a path that leads out of it."""
        path = f"{SITE}/{name}"
        if name.startswith(self.data):
            kind, _, rest = name[len(self.data) :].partition("/")
            folders = {"purelib": SITE, "platlib": SITE, "scripts": "bin", "headers": "include", "data": "."}
            path = f"{folders[kind]}/{rest}"
        path = posixpath.normpath(path)
        if path.startswith(("/", "../")) or "\\" in path:
            raise ValueError(f"{name} leads out of the environment")
        return path

    def is_left_out(self, path: str, places: dict[str, zipfile.ZipInfo], extensions: set[str]) -> bool:
        if LEFT_OUT.fullmatch(path):
            return True
        folder, name = posixpath.split(path)
        if folder == f"{SITE}/{self.dist_info}" and name in REPLACED:
            return True
        stem, _, suffix = path.rpartition(".")
        if suffix in ("pyc", "pyo"):
            return f"{stem}.py" in places
        return suffix in ("c", "cpp") and stem in extensions

    def console_scripts(self) -> dict[str, bytes]:
        """Those that entry_points.txt declares, by path; names the specification does not allow are left
        out."""
        try:
            text = self.archive.read(self.dist_info + "/entry_points.txt").decode("utf-8", "replace")
            parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
            parser.optionxform = str  # type: ignore[assignment,method-assign]
            parser.read_string(text)
        except (KeyError, configparser.Error):
            return {}
        declared = {}
        for section in ("console_scripts", "gui_scripts"):
            if parser.has_section(section):
                declared.update({k.strip(): v.strip() for k, v in parser.items(section) if v})
        made = {}
        for name, reference in sorted(declared.items()):
            found = REFERENCE.fullmatch(reference)
            fits = SCRIPT_NAME.fullmatch(name) and name not in (".", "..")
            if found is None or found[2] is None or not fits:
                continue
            python = f"{self.environment}/bin/python"
            attribute = found[2].partition(".")[0]
            text = SCRIPT.format(python=python, module=found[1], attribute=attribute, called=found[2])
            made[f"bin/{name}"] = text.encode()
        return made

    def with_interpreter(self, script: bytes) -> bytes:
        """A script that a wheel ships, with its #! line pointing to the environment's Python."""
        head, newline, rest = script.partition(b"\n")
        return self.first_line + rest if PYTHON_LINE.fullmatch(head + newline) else script

    def write(self, path: str, content: bytes, mode: int) -> None:
        """Of two wheels that bring the same path, the first counts."""
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        name = posixpath.relpath(path, SITE)
        self.record[path] = [name, f"sha256={digest}", str(len(content))]
        target = os.path.join(self.environment, path)
        if os.path.lexists(target):
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as stream:
            stream.write(content)
        os.chmod(target, mode)

    def record_text(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for _, row in sorted(self.record.items()):
            writer.writerow(row)
        writer.writerow([f"{self.dist_info}/RECORD", "", ""])
        return text.getvalue().encode("utf-8", "surrogateescape")


def even_out(folder: str) -> None:
    """Modes as an image has them: only whether a file's owner may execute it counts."""
    for place, _, names in os.walk(folder):
        os.chmod(place, 0o755)
        for name in names:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                os.chmod(path, 0o755 if os.stat(path).st_mode & 0o100 else 0o644)


def compile_below(folders: list[str]) -> None:
    """Files that are no valid Python have no bytecode: they fail only when they are imported."""
    with open(os.path.join(HERE, "compile_sources.py"), encoding="utf-8") as stream:
        program = stream.read()
    # marshal of Python up to 3.10 orders sets by their hashes, whose seed -I would hide
    isolated = "-s" if sys.version_info < (3, 11) else "-I"
    command = [PYTHON, isolated, "-S", "-B", "-X", "utf8", "-W", "ignore", "-c", program]
    environ = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    for share in shares(sorted(sources(folders))):
        asked = b"\0".join(os.fsencode(path) for path in share for _ in range(2)) + b"\0"
        done = subprocess.run(command, input=asked, env=environ, stdout=subprocess.PIPE, check=True)
        keep_bytecode(share, done.stdout)


def sources(folders: list[str]) -> Iterator[str]:
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                if name.endswith(".py") and not os.path.islink(path):
                    yield path


def shares(paths: list[str]) -> Iterator[list[str]]:
    """What one process answers is held in memory."""
    share: list[str] = []
    size_bytes = 0
    for path in paths:
        share.append(path)
        size_bytes += os.path.getsize(path)
        if size_bytes > MOST_SOURCE_BYTES:
            yield share
            share, size_bytes = [], 0
    if share:
        yield share


def keep_bytecode(paths: list[str], answers: bytes) -> None:
    at = 0
    for path in paths:
        length = int.from_bytes(answers[at : at + 8], "little", signed=True)
        content = answers[at + 8 : at + 8 + abs(length)]
        at += 8 + abs(length)
        if length <= 0:
            sys.stderr.write("no bytecode: {}\n".format(content.decode("utf-8", "replace")))
            continue
        folder, name = os.path.split(path)
        cache = os.path.join(folder, "__pycache__")
        os.makedirs(cache, exist_ok=True)
        target = os.path.join(cache, "{}.{}.pyc".format(name[: -len(".py")], sys.implementation.cache_tag))
        with open(target, "wb") as stream:
            stream.write(content)
        os.chmod(target, 0o644)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
