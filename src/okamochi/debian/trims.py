"""What stays out of an image although its package has it: documentation, and what Python never loads.

A path is kept when a KEEP pattern of its package matches; otherwise it is left out when a TRIM pattern does.
Patterns are those of fnmatch on the path without leading slash; `*` also matches slashes.
"""

import fnmatch
import re
from functools import cache
from typing import Final

__all__ = ["KEPT_PATHS", "TRIMMED_PATHS", "is_kept"]

# Packages of which only a few paths are wanted: everything else stays out.
# fmt: off
KEPT_PATHS: Final[tuple[tuple[str, str, str], ...]] = (
    ("libc-bin", "usr/lib/locale/C.UTF-8*", "as the next: its older name"),
    ("libc-bin", "usr/lib/locale/C.utf8*", "the locale C.UTF-8, and none of its programs (getent, iconv …)"),
    ("libc-bin", "etc/ld.so.conf*", "where the loader looks"),
    ("libc-bin", "etc/bindresvport.blacklist", "read by the C library"),
    ("libc-bin", "usr/share/libc-bin/nsswitch.conf", "becomes /etc/nsswitch.conf"),
    ("libc-bin", "usr/share/doc/*/copyright", "licence"),
    ("base-files", "etc/debian_version", "read by scanners"),
    ("base-files", "etc/os-release", "read by scanners and by Python (platform.freedesktop_os_release)"),
    ("base-files", "usr/lib/os-release", "as etc/os-release"),
    ("base-files", "usr/share/common-licenses/*", "the licences that copyright files refer to"),
    ("base-files", "usr/share/doc/*/copyright", "licence"),
    ("ca-certificates", "usr/share/ca-certificates/*", "become the bundle"),
    ("ca-certificates", "usr/share/doc/*/copyright", "licence"),
    ("fontconfig-config", "etc/fonts/*", "configuration of fontconfig"),
    ("fontconfig-config", "usr/share/fontconfig/*", "configuration of fontconfig"),
    ("fontconfig-config", "usr/share/xml/fontconfig/*", "the configuration's document type"),
    ("fontconfig-config", "usr/share/doc/*/copyright", "licence"),
)

TRIMMED_PATHS: Final[tuple[tuple[str, str], ...]] = (
    # without a reason: kept, although a pattern below matches
    ("usr/share/doc/*/copyright", ""),  # the licences demand it
    ("usr/lib/*/gconv/gconv-modules*", ""),  # what iconv() is asked for besides UTF-8: drivers of databases
    ("usr/lib/*/gconv/UTF-*.so", ""),
    ("usr/lib/*/gconv/ISO8859-1.so", ""),
    ("usr/lib/*/gconv/ISO8859-15.so", ""),
    ("usr/lib/*/gconv/CP1252.so", ""),
    ("usr/lib/*/ImageMagick-*/modules-*/*.la", ""),  # by them it finds what reads formats
    ("usr/share/doc/*", "documentation"),
    ("usr/share/doc-base/*", "documentation"),
    ("usr/share/man/*", "manual pages"),
    ("usr/share/info/*", "manuals"),
    ("usr/share/lintian/*", "for the packager's tools"),
    ("usr/share/bug/*", "for the reporter of Debian's bugs"),
    ("usr/share/reportbug/*", "for the reporter of Debian's bugs"),
    ("usr/share/locale/*", "translations of C programs' messages"),
    ("usr/share/gcc*", "printers for a debugger"),
    ("usr/share/gdb/*", "for a debugger"),
    ("usr/share/applications/*", "menus of a desktop"),
    ("usr/share/pixmaps/*", "menus of a desktop"),
    ("usr/share/icons/*", "menus of a desktop"),
    ("usr/share/metainfo/*", "menus of a desktop"),
    ("usr/share/binfmts/*", "the host's kernel decides"),
    ("usr/share/apport/*", "crash reports of a desktop"),
    ("usr/share/bash-completion/*", "no shell"),
    ("usr/share/zsh/*", "no shell"),
    ("usr/lib/systemd/*", "no init system"),
    ("usr/lib/tmpfiles.d/*", "no init system"),
    ("usr/lib/sysusers.d/*", "no init system"),
    ("etc/init.d/*", "no init system"),
    ("etc/cron.*", "no cron"),
    ("etc/logrotate.d/*", "no logrotate"),
    ("etc/apt/*", "no package manager"),
    ("etc/dpkg/*", "no package manager"),
    ("usr/lib/valgrind/*", "for a debugger"),
    ("usr/lib/debug/*", "for a debugger"),
    ("usr/include/*", "for compilers"),
    ("*.a", "for compilers"),
    ("*.la", "for compilers"),
    ("usr/lib/*/pkgconfig/*", "for compilers"),
    ("usr/share/pkgconfig/*", "for compilers"),
    ("usr/lib/*/gconv/*", "other character sets of iconv(); Python has its own codecs"),
    ("usr/lib/*/audit/sotruss-lib.so", "for a debugger"),
    ("usr/lib/*/libmemusage.so", "for a debugger"),
    ("usr/lib/*/libpcprofile.so", "for a debugger"),
    ("usr/lib/*/libc_malloc_debug.so*", "for a debugger"),
    ("usr/lib/*/libnss_hesiod.so*", "name service that no container uses"),
    ("usr/lib/*/libnss_compat.so*", "name service of NIS"),
    ("usr/lib/*/libnsl.so.1", "left for programs of before 2018"),
    ("usr/lib/*/libthread_db.so*", "for a debugger"),
    ("usr/lib/*/libtic.so*", "compiles terminal descriptions"),
    ("usr/lib/*/libhistory.so*", "of readline; Python uses libreadline"),
    ("usr/lib/*/libexpatw.so*", "expat with wide characters, which nothing in Debian uses"),
    ("usr/lib/*/engines-3/*", "hardware engines of OpenSSL; loaded only by configuration"),
    ("usr/share/fontconfig/conf.avail/05-reset-dirs-sample.conf", "sample"),
    ("usr/share/zoneinfo/right/*", "time with leap seconds, which nothing sets"),
    ("usr/share/zoneinfo/posix/*", "a copy"),
    ("*/__pycache__/*", "bytecode is compiled by the build, for this image's paths"),
    ("*.pyc", "bytecode is compiled by the build, for this image's paths"),
    ("usr/sbin/tzconfig", "a shell script that points to debconf"),
    ("usr/bin/pydoc*", "documentation browser"),
    ("usr/bin/pygettext*", "development program"),
    ("usr/bin/2to3*", "development program"),
    ("usr/bin/idle*", "development program"),
    ("usr/share/python3*/*", "run by maintainer scripts"),
    ("etc/python3*/*", "apport hook of Ubuntu, empty in Debian"),
    ("usr/lib/python3.*/sitecustomize.py", "link to the apport hook"),
    ("usr/lib/python3.1[3-9]/_sysconfigdata__x86_64-linux-gnu.py", "a link under an old name"),
    ("usr/lib/python3.1[3-9]/_sysconfigdata__aarch64-linux-gnu.py", "a link under an old name"),
    ("usr/lib/python3.*/idlelib/*", "development program"),
    ("usr/lib/python3.*/turtledemo/*", "needs a display"),
    ("usr/lib/python3.*/turtle.py", "needs a display"),
    ("usr/lib/python3.*/tkinter/*", "needs a display"),
    ("usr/lib/python3.*/lib2to3/*", "translates Python 2; removed in 3.13"),
    ("usr/lib/python3.*/pydoc_data/*", "documentation"),
    ("usr/lib/python3.*/ensurepip/*", "pip is not in the image"),
    ("usr/lib/python3.*/venv/*", "needs ensurepip; the image has its environment already"),
    ("usr/lib/python3.*/test/*", "tests"),
    ("usr/lib/python3.*/*/test/*", "tests"),
    ("usr/lib/python3.*/*/tests/*", "tests"),
    ("usr/lib/python3.*/__phello__/*", "test of frozen modules"),
    ("usr/lib/python3.*/__hello__.py", "test of frozen modules"),
    ("usr/lib/python3.*/_test*.so", "tests"),
    ("usr/lib/python3.*/lib-dynload/_test*.so", "tests"),
    ("usr/lib/python3.*/lib-dynload/_ctypes_test*.so", "tests"),
    ("usr/lib/python3.*/lib-dynload/_xxtestfuzz*.so", "tests"),
    ("usr/lib/python3.*/lib-dynload/xxlimited*.so", "example"),
    ("usr/lib/python3.*/lib-dynload/_curses*.so", "its library is cut, see cuts.py"),
    ("usr/lib/python3.*/curses/*", "its library is cut, see cuts.py"),
    ("usr/lib/python3.*/_pydatetime.py", "stands in when the C module is missing, which is there"),
    ("usr/lib/python3.*/_pydecimal.py", "stands in when the C module is missing, which is there"),
    ("usr/lib/python3.*/lib-dynload/_dbm*.so", "its library is cut, see cuts.py"),
    ("usr/lib/python3.*/lib-dynload/_gdbm*.so", "its library is cut, see cuts.py"),
    ("usr/lib/python3.*/lib-dynload/_tkinter*.so", "needs a display"),
    ("usr/lib/python3.*/config-3*", "for compilers"),
    ("usr/lib/python3.*/*.exe", "for Windows"),
    ("usr/lib/python3.1[3-9]/lib-dynload/_crypt*.so", "removed from Python in 3.13"),
    ("usr/lib/python3.*/lib-dynload/nis.*.so", "its library is cut, see cuts.py"),
    ("usr/lib/python3.*/lib-dynload/ossaudiodev.*.so", "needs a sound card"),
    ("usr/lib/python3.*/LICENSE.txt", ""),
)
# fmt: on


@cache
def rules() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, re.Pattern[str]]]:
    keep = any_of(tuple(pattern for pattern, reason in TRIMMED_PATHS if not reason))
    trim = any_of(tuple(pattern for pattern, reason in TRIMMED_PATHS if reason))
    packages = sorted({package for package, _, _ in KEPT_PATHS})
    only = {
        package: any_of(tuple(pattern for one, pattern, _ in KEPT_PATHS if one == package))
        for package in packages
    }
    return keep, trim, only


def any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


def is_kept(package: str, path: str) -> bool:
    """Whether a file or link of a package belongs into the image; directories follow their content."""
    keep, trim, only = rules()
    if package in only:
        return only[package].match(path) is not None
    return keep.match(path) is not None or trim.match(path) is None
