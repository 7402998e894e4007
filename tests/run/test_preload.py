"""Whether the library that answers for names of servers loads into the programs of an image."""

from pathlib import Path

import pytest

from okamochi.run.host.names import loads_in


@pytest.mark.parametrize(
    ("interface", "loads"),
    [
        (b"\0GLIBC_2.2.5\0GLIBC_2.33\0GLIBC_2.34\0GLIBC_2.38\0GLIBC_2.41\0", True),
        (b"\0GLIBC_2.2.5\0GLIBC_2.31\0", False),  # Debian bullseye
        (b"", False),
    ],
)
def test_a_library_loads_beside_a_c_library_that_has_what_it_asks_for(
    tmp_path: Path, interface: bytes, loads: bool
) -> None:
    library, folder = tmp_path / "libnss_wrapper.so", tmp_path / "root/usr/lib/x86_64-linux-gnu"
    library.write_bytes(b"\x7fELF\0libc.so.6\0GLIBC_2.2.5\0GLIBC_2.38\0")
    folder.mkdir(parents=True)
    assert not loads_in(library, tmp_path / "root")
    (folder / "libc.so.6").write_bytes(interface)
    assert loads_in(library, tmp_path / "root") is loads
