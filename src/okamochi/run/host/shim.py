"""Without any isolation: the image's Python started through the image's own loader, at the host's paths.
Where even that cannot run, `substitute` writes the environment instead.

A folder looks like a virtual environment to that Python: `bin/python` is a script that starts the loader,
pyvenv.cfg names the image's Python, site-packages is a link into the image. So sys.executable, console
scripts and sub-processes work. A copy of the app lies beside it: inside it would be an installed package to
Flask, which has its instance folder elsewhere. Paths of the image are rewritten to where they really lie.
"""

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from okamochi.errors import EngineError
from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.run.host.unpack import within
from okamochi.system.files import write_atomic
from okamochi.system.process import Completed

__all__ = [
    "Shim",
    "exec_script",
    "fill",
    "images_environment",
    "library_folders",
    "loading",
    "relink",
    "shim_at",
    "start_by_loader",
    "write_finders",
    "write_scripts",
]

LOADERS = ("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1", "lib/ld-linux-x86-64.so.2")
ARGV0 = b"--argv0"
SHEBANG = re.compile(rb"#!\s*(\S+)")


@dataclass(frozen=True)
class Shim:
    """`places` map a path of the image to the host's, longest first."""

    folder: Path
    root: Path
    places: tuple[tuple[str, str], ...]

    @property
    def programs(self) -> Path:
        return venv_in(self.folder) / "bin"

    def path(self, text: str) -> str:
        """Where a path of the image lies on the host."""
        for inside, outside in self.places:
            if text == inside or text.startswith(inside + "/"):
                return outside + text[len(inside) :]
        return text

    def rewritten(self, text: str) -> str:
        """A value with every path of the image in it replaced; paths of addresses (host/app) are left."""
        inside = "|".join(re.escape(place) for place, _ in self.places)
        pattern = rf"(?<![\w.-])(?:{inside})(?=/|[:;,\s\"']|$)"
        return re.sub(pattern, lambda found: self.path(found[0]), text)

    def seen_inside(self, done: Completed) -> Completed:
        """What a command said, in the image's words."""
        texts = (self.restored(done.stdout), self.restored(done.stderr))
        return replace(done, stdout=texts[0], stderr=texts[1])

    def restored(self, said: bytes) -> bytes:
        """The other way: each of the host's paths as the image has it."""
        pairs = [(outside, inside) for inside, outside in self.places] + [(str(self.root), "")]
        for outside, inside in sorted(pairs, key=lambda one: -len(one[0])):
            said = said.replace(os.fsencode(outside), os.fsencode(inside))
        return said

    def argv(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The command, with its program replaced by the shim's where the shim has one."""
        name = argv[0].rpartition("/")[2]
        ours = self.programs / name
        first = str(ours) if ours.exists() else self.path(argv[0])
        return (first, *(self.rewritten(word) for word in argv[1:]))

    def environment(self, variables: tuple[tuple[str, str], ...]) -> dict[str, str]:
        """The image's variables in the host's words, and what libraries look for in fixed places."""
        environment = {name: self.rewritten(value) for name, value in variables}
        environment["PATH"] = f"{self.programs}:{environment.get('PATH', '')}:/usr/bin:/bin"
        environment["TMPDIR"] = str(self.folder / "tmp")
        for name, inside in (
            ("SSL_CERT_FILE", "etc/ssl/certs/ca-certificates.crt"),
            ("PYTHONTZPATH", "usr/share/zoneinfo"),
            ("XDG_DATA_DIRS", "usr/share"),
        ):
            if within(self.root, inside).exists():
                environment.setdefault(name, str(within(self.root, inside)))
        if (self.folder / "fonts.conf").exists():
            environment["FONTCONFIG_FILE"] = str(self.folder / "fonts.conf")
        return environment


def venv_in(folder: Path) -> Path:
    return folder / "venv"


def shim_at(
    folder: Path,
    root: Path,
    *,
    volumes: tuple[tuple[str, str], ...],
    secrets_folder: str,
    app_root: str,
    source: str = "",
) -> Shim:
    """The shim of that folder, filled or not. `volumes`: pairs of the path inside and the host's folder.
    `source` is the host's folder of the app where that itself is run, as at the desk."""
    places = dict(volumes)
    if secrets_folder:
        places[SECRETS_MOUNT] = secrets_folder
    places |= {"/opt/venv": str(venv_in(folder)), "/tmp": str(folder / "tmp")}
    places |= {"/opt/okamochi": str(root / "opt/okamochi"), app_root: source or str(folder / "app")}
    longest_first = sorted(places.items(), key=lambda place: (-len(place[0]), place[0]))
    return Shim(folder, root, tuple(longest_first))


def fill(
    shim: Shim,
    *,
    volumes: tuple[tuple[str, str], ...],
    app_root: str,
    environment: Callable[[Path, Path], None],
) -> None:
    """An environment, tmp, and a copy of an app that is not elsewhere, in a folder that has none of them.

    `environment(venv, root)` writes the first, as `images_environment` does. EngineError when the root has no
    loader or no Python."""
    folder, root = shim.folder, shim.root
    shim.programs.mkdir(parents=True)
    (folder / "tmp").mkdir(mode=0o700)
    environment(venv_in(folder), root)
    write_fonts(folder, root)
    if shim.path(app_root) != str(folder / "app"):
        return
    shutil.copytree(within(root, app_root.lstrip("/")), folder / "app", symlinks=True)
    relink(folder / "app", shim)
    link_volumes(folder / "app", app_root, volumes)


def images_environment(folder: Path, root: Path, preload: Path | None = None) -> None:
    """The image's Python by the image's loader, and its console scripts. It preloads a copy in `folder`."""
    python = within(root, "opt/venv/bin/python")
    own = Path(shutil.copy(preload, folder)) if preload is not None else None
    start_by_loader(folder, root, python, own)
    packages = folder / "lib" / python.name
    packages.mkdir(parents=True)
    (packages / "site-packages").symlink_to(within(root, f"opt/venv/lib/{python.name}/site-packages"))
    write_scripts(folder, root)
    write_finders(folder, root)


def start_by_loader(folder: Path, root: Path, python: Path, preload: Path | None = None) -> None:
    """What makes `folder` a virtual environment of that Python in `root`, but for its packages."""
    script = exec_script(loading(root, python, str(folder / "bin/python"), preload))
    for name in ("python", "python3", python.name):
        write_atomic(folder / "bin" / name, script, mode=0o755)
    version = python.name.removeprefix("python")
    home = f"home = {python.parent}\ninclude-system-site-packages = false\nversion = {version}\n"
    write_atomic(folder / "pyvenv.cfg", home.encode())


def exec_script(words: Iterable[str]) -> bytes:
    """A script that becomes the program of these words, with its own arguments behind them."""
    return f'#!/bin/sh\nexec {" ".join(map(shlex.quote, words))} "$@"\n'.encode()


def loading(root: Path, program: Path, shown: str, preload: Path | None = None) -> tuple[str, ...]:
    """The words that start a program of `root` by its own loader; `shown` is what it takes itself for.
    `preload` is a library whose functions come before all others', in it alone: what it starts has its own.
    EngineError when the root has no loader or no such program."""
    loader = next((path for name in LOADERS if (path := within(root, name)).is_file()), None)
    if loader is None or not program.is_file():
        raise EngineError(
            "the image has no loader or no Python where okamochi puts them",
            where=str(root),
            hint="build the image again, or use --engine docker or --engine podman",
        )
    libraries = ":".join(str(path) for path in library_folders(root))
    before = ("--preload", str(preload)) if preload is not None else ()
    words = (str(loader), "--library-path", libraries, *before)
    if ARGV0 in loader.read_bytes():
        return (*words, "--argv0", shown, str(program))
    return (*words, str(named_after(program, shown)))


def named_after(program: Path, shown: str) -> Path:
    """For loaders before glibc 2.33: a further name of the program, by which it finds what lies beside."""
    place = Path(f"{shown}.image")
    if shown == str(program):
        return program
    place.unlink(missing_ok=True)
    place.symlink_to(program)
    return place


def library_folders(root: Path) -> tuple[Path, ...]:
    """Those that the image's own loader would search: ld.so.conf.d, then the usual ones."""
    names = []
    settings = "etc/ld.so.conf.d"
    for path in sorted(within(root, settings).glob("*.conf")):
        place = within(root, f"{settings}/{path.name}")  # a link may lead out of the root, or nowhere
        text = place.read_text("utf-8", "replace") if place.is_file() else ""
        names += [line.strip() for line in text.splitlines() if line.startswith("/")]
    names += [f"/usr/lib/{machine}-linux-gnu" for machine in ("x86_64", "aarch64")]
    names += ["/usr/lib", "/usr/lib64", "/lib", "/lib64"]
    found = [within(root, name.lstrip("/")) for name in names]
    return tuple(dict.fromkeys(path for path in found if path.is_dir()))


def write_scripts(folder: Path, root: Path) -> None:
    """Each console script of the environment, begun as one of the shell that starts Python with itself: the
    kit's heartbeat runs a worker's script in its own Python."""
    scripts = within(root, "opt/venv/bin")
    for path in sorted(scripts.iterdir()):
        if path.is_symlink() or not path.is_file() or (folder / "bin" / path.name).exists():
            continue
        with path.open("rb") as stream:
            found = SHEBANG.match(stream.readline(256))
            if found is None or not found[1].startswith(b"/opt/venv/bin/python"):
                continue
            rest = stream.read()
        python = shlex.quote(str(folder / "bin/python"))
        begin = f"#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\n"
        write_atomic(folder / "bin" / path.name, begin.encode() + rest, mode=0o755)


def write_finders(folder: Path, root: Path) -> None:
    """What ctypes.util.find_library asks where /sbin/ldconfig, which is the host's, knows of no such library:
    `ld -t -lNAME` for its path, then `objdump -p PATH` for its name."""
    places = " ".join(f'{shlex.quote(str(one))}/lib"${{word#-l}}".so*' for one in library_folders(root))
    for name, lines in {
        "ld": (
            "for word; do",
            '    case $word in -l?*) for path in PLACES; do [ ! -e "$path" ] || echo "$path"; done ;; esac',
            "done",
        ),
        "objdump": ("for path; do :; done", 'echo "  SONAME  ${path##*/}"'),
    }.items():
        if not within(root, f"usr/bin/{name}").exists():
            text = "\n".join(("#!/bin/sh", *lines, "")).replace("PLACES", places)
            write_atomic(folder / "bin" / name, text.encode(), mode=0o755)


def link_volumes(app: Path, app_root: str, volumes: tuple[tuple[str, str], ...]) -> None:
    """Links to the volumes where the app expects its writable folders."""
    for inside, outside in volumes:
        if not inside.startswith(app_root + "/"):
            continue
        link = app / inside.removeprefix(app_root + "/")
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(outside)


def relink(app: Path, shim: Shim) -> None:
    """Links of the app into volumes and secrets lead where those lie on the host."""
    for current, folders, names in os.walk(app):
        for path in (Path(current, name) for name in (*folders, *names)):
            target = str(path.readlink()) if path.is_symlink() else ""
            if target.startswith("/") and shim.path(target) != target:
                path.unlink()
                path.symlink_to(shim.path(target))


def write_fonts(folder: Path, root: Path) -> None:
    """fontconfig reads /etc/fonts, which is the host's: a configuration that names the image's folders."""
    settings = within(root, "etc/fonts/conf.d")
    fonts = within(root, "usr/share/fonts")
    if not fonts.is_dir():
        return
    text = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{escaped(str(fonts))}</dir>
  <cachedir>{escaped(str(folder / "tmp/fontconfig"))}</cachedir>
  <include ignore_missing="yes">{escaped(str(settings))}</include>
</fontconfig>
"""
    write_atomic(folder / "fonts.conf", text.encode())


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
