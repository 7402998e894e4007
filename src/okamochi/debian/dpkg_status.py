"""The records of installed packages, kept where scanners look: /var/lib/dpkg/status and info/*.md5sums."""

from collections.abc import Collection, Iterable

from okamochi.debian.control import parse_stanza
from okamochi.debian.deb import Control
from okamochi.debian.unpack import within_usr

__all__ = ["STATUS", "file_list", "md5sums", "stanza", "status"]

STATUS = "var/lib/dpkg/status"


def status(controls: Iterable[tuple[str, Control]]) -> bytes:
    """The stanzas of all packages, by name. Conffiles are left out: there is no upgrade that would ask."""
    return "\n".join(stanza(control) for _, control in sorted(controls, key=lambda one: one[0])).encode()


def stanza(control: Control) -> str:
    first, _, rest = control.text.strip().partition("\n")
    return f"{first}\nStatus: install ok installed\n{rest}\n"


def md5sums(package: str, control: Control, kept: Collection[str]) -> tuple[str, bytes]:
    """Path and content of a package's list of digests, for the files that are in the image."""
    lines = control.md5sums.decode("utf-8", "replace").splitlines()
    # packages of before the merged /usr write lib/x for what lies at usr/lib/x
    held = [line for line in lines if within_usr(line.partition("  ")[2]) in kept]
    return f"{record(package, control)}.md5sums", "".join(f"{line}\n" for line in held).encode()


def file_list(package: str, control: Control, kept: Collection[str]) -> tuple[str, bytes]:
    """Path and content of a package's list of files, for where dpkg itself may read it."""
    return f"{record(package, control)}.list", "".join(f"/{path}\n" for path in sorted(kept)).encode()


def record(package: str, control: Control) -> str:
    """The path of a package's records, without their ending."""
    fields = parse_stanza(control.text)
    same = fields.get("multi-arch") == "same"
    name = f"{package}:{fields['architecture']}" if same else package
    return f"var/lib/dpkg/info/{name}"
