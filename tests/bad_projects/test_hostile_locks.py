"""A lock comes with a project: nothing that it says is run, and nothing but packages is fetched for it."""

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from okamochi.model.lock_codec import lock_from_json, lock_to_json
from tests.bad_projects.conftest import MakeProject, Refusing
from tests.bad_projects.test_usage import lock

METADATA = "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"
BACKEND = '[build-system]\nrequires = []\nbuild-backend = "evil"\nbackend-path = ["."]\n'


def source_archive(folder: Path, proof: Path) -> Path:
    """What leaves `proof` behind when anybody builds it."""
    files = {
        "pyproject.toml": BACKEND,
        "PKG-INFO": METADATA,
        "evil.py": f"open({str(proof)!r}, 'w').close()\n",
    }
    path = folder / "evil-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"evil-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def lock_with(wheel: Mapping[str, str], deb: Mapping[str, str]) -> bytes:
    good = lock_from_json(lock(), where="okamochi.lock")
    (platform,) = good.platforms
    changed = msgspec.structs.replace(
        platform,
        wheels=(msgspec.structs.replace(platform.wheels[0], **wheel),),
        debs=(msgspec.structs.replace(platform.debs[0], **deb),),
    )
    return lock_to_json(msgspec.structs.replace(good, platforms=(changed,)))


@pytest.mark.parametrize("options", [(), ("--locked",)])
def test_a_lock_that_would_make_uv_build_a_source_archive_is_refused_and_nothing_runs(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path, options: tuple[str, ...]
) -> None:
    proof = tmp_path / "executed"
    evil = source_archive(tmp_path, proof)
    digest = hashlib.sha256(evil.read_bytes()).hexdigest()
    name = (
        f"evil @ {evil.as_uri()} --hash=sha256:{digest}\n--no-binary evil\n--only-binary :none:\n"
        f"--no-build-isolation\n#"
    )
    root = make_project()
    (root / "okamochi.lock").write_bytes(lock_with({"name": name}, {}))
    refuses.build(
        root,
        2,
        "okamochi.lock",
        "evil @ ",
        "version control",
        options=("--platform", "linux/amd64", *options),
    )
    assert not proof.exists()


def test_a_digest_that_is_none_is_refused(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project()
    (root / "okamochi.lock").write_bytes(lock_with({}, {"sha256": "XYZ"}))
    refuses.build(root, 2, "deb 'libc6'", "sha256", "'XYZ'", "okamochi lock", options=("--locked",))
