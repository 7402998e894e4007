"""What a failed build of a package missed, as its log tells: headers, programs, libraries, Python modules."""

import msgspec

from okamochi.debian.contents import Contents
from okamochi.model.import_names import distribution_of
from okamochi.system.patterns import regex

__all__ = ["Remedy", "remedy_for"]

HEADER = regex(r"fatal error: ([\w./+-]+\.h(?:pp|xx|h)?): No such file or directory")
LIBRARY = regex(r"cannot find -l([\w.+-]+)")
MODULES = (
    regex(r"Package '?([\w.+-]+?)'?,? (?:was )?not found"),
    regex(r"Package '([\w.+-]+)', required by '[^']+', not found"),
    regex(r"No package '([\w.+-]+)' found"),
    regex(r"Dependency \"?([\w.+-]+)\"? not found"),
    regex(r"pkg-config(?: --\S+)* ([\w.+-]+)' returned non-zero"),
)
# Pillow's words
PIECES = regex(r"headers or library files could not be found for ([\w.+-]+)")
PROGRAMS = (
    regex(r"(?m)(?:^|: )([a-z][\w.+-]*): (?:command )?not found"),
    regex(r"No such file or directory: '([a-z][\w.+-]*)'"),
    regex(r"([a-z][\w.+-]*config) (?:executable|program)? ?(?:was )?not found"),
    regex(r"(?:unable to execute|Unable to find|Could not find) '?([a-z][\w.+-]*)'?"),
    regex(
        r"\b(cmake|ninja|swig|bison|flex|autoconf|automake|gfortran)\b.{0,40}(?:not found|required|must be)"
    ),
)
PYTHON_MODULE = regex(r"(?:ModuleNotFoundError|ImportError): No module named '?([A-Za-z_]\w*)")
# what setuptools left out, by the first version without it: https://setuptools.pypa.io/en/stable/history.html
OLDER_SETUPTOOLS = (
    (regex(r"cannot import name 'Feature' from 'setuptools'"), "setuptools<46"),
    (regex(r"use_2to3 is invalid|error in .* setup command: use_2to3"), "setuptools<58"),
    (regex(r"cannot import name 'convert_2to3_doctests'"), "setuptools<58"),
    (regex(r"cannot import name 'convert_path' from 'setuptools'"), "setuptools<70"),
)
RUST = regex(r"can't find Rust compiler|[Cc]argo[^\n]{0,60}(?:not found|not installed)|'cargo'|rustc")
# Build scripts of before PEP 518 take it for granted that these are there. No other name that a log tells is
# looked up in an index: anybody may own it there, and would have a hand in the wheel.
BUILD_TOOLS = frozenset(
    {"Cython", "cffi", "numpy", "packaging", "pbr", "pkgconfig", "pybind11", "setuptools_scm", "six", "wheel"}
)
OF_SETUPTOOLS = dict.fromkeys(("distutils", "pkg_resources", "setuptools"), "setuptools<81")
RUST_REASON = "it is written in Rust, whose crates are fetched while it is built, and a build has no network"


class Remedy(msgspec.Struct, frozen=True):
    """What the next try has more: Debian packages, Python requirements; `hopeless` says why there is none."""

    packages: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    hopeless: str = ""


def remedy_for(log: str, contents: Contents) -> Remedy:
    if RUST.search(log):
        return Remedy(hopeless=RUST_REASON)
    for pattern, older in OLDER_SETUPTOOLS:
        if pattern.search(log):
            return Remedy(requirements=(older,))
    modules = set(PYTHON_MODULE.findall(log)) & {*OF_SETUPTOOLS, *BUILD_TOOLS}
    requirements = tuple(sorted({OF_SETUPTOOLS.get(module) or distribution_of(module) for module in modules}))
    packages = {contents.package_of_header(header) for header in HEADER.findall(log)}
    packages |= {contents.package_of_library(f"lib{name}.so") for name in LIBRARY.findall(log)}
    packages |= set(first_found(contents, log))
    packages |= {package_of_piece(contents, name) for name in PIECES.findall(log)}
    packages |= {
        contents.package_of_program(name) for pattern in PROGRAMS for name in pattern.findall(log)[:10]
    }
    return Remedy(packages=tuple(sorted(packages - {""})), requirements=requirements)


def first_found(contents: Contents, log: str) -> list[str]:
    """Of pkg-config's modules only the first that there is: a build script asks for them in turn, and takes
    any. Where it needs several, the next try tells of the next."""
    asked = [name for pattern in MODULES for name in pattern.findall(log)]
    found = (contents.package_of_pkg_config(name) for name in dict.fromkeys(asked))
    return [next((package for package in found if package), "")]


def package_of_piece(contents: Contents, name: str) -> str:
    """Of "zlib" or "jpeg", which may be the name for pkg-config, for the linker or of the header."""
    found = (contents.package_of_pkg_config(one) for one in (name, f"lib{name}"))
    return next((one for one in found if one), "") or contents.package_of_header(f"{name}.h")
