import errno
import importlib.util
import marshal
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from okamochi.build import bytecode
from okamochi.build.bytecode import Interpreter, bytecode_entries, compile_sources, pycache_entries
from okamochi.errors import BuildError
from okamochi.oci.entry import Entry, file
from okamochi.system.files import StorageError
from okamochi.system.process import Completed
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.world import World

HOST = Interpreter((sys.executable,), sys.implementation.cache_tag or "", "host")
NEWER = ("python3.12", "python3.13", "python3.14")
BEFORE = "def f():\n    skipped = 1\n    return skipped\n" + "# the largest is compiled first\n" * 99
AFTER = """
def check(one):
    if one.reason:
        result = Result('skipped', f'not run: {one.reason}')
    if result.status in {'failed', 'skipped'} and one.root is not None:
        return Result('found', from_disk=True)
def report(attempts):
    return [c.label for c, r in attempts if r.status in {'failed', 'skipped'}]
"""
PYENV = Path.home() / ".pyenv/versions"
STDLIB = Path(importlib.util.__file__).parent.parent


def compiled(tmp_path: Path, sources: list[Path], *, jobs: int = 1) -> dict[str, bytes]:
    tmp_path.mkdir(parents=True, exist_ok=True)
    pairs = [(path, f"/lib/{path.name}") for path in sources]
    answers = compile_sources(SubprocessRunner(), HOST, pairs, jobs=jobs)
    return {path.name: answer.bytecode for path, answer in zip(sources, answers, strict=True)}


def test_bytecode_is_unchecked_hash_and_names_the_path_in_the_image(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    content = compiled(tmp_path / "out", [tmp_path / "a.py"])["a.py"]
    assert content[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(content[4:8], "little") == 0b01
    assert marshal.loads(content[16:]).co_filename == "/lib/a.py"


def test_order_company_and_number_of_jobs_change_no_byte(tmp_path: Path) -> None:
    sources = sorted(STDLIB.glob("*.py"))[:60]
    forward = compiled(tmp_path / "forward", sources)
    backward = compiled(tmp_path / "backward", sources[::-1], jobs=3)
    alone = compiled(tmp_path / "alone", sources[7:8])
    assert forward == backward
    assert alone.items() <= forward.items()
    assert len(forward) == 60


def pythons() -> list[str]:
    """From 3.12 on what one file interns stays interned for the next: those Pythons show the difference."""
    found = [sys.executable]
    for path in (*map(shutil.which, NEWER), *(str(one) for one in PYENV.glob("3.1[2-9]*/bin/python3"))):
        if path and subprocess.run((path, "-c", ""), capture_output=True, check=False).returncode == 0:
            found.append(path)
    return found


@pytest.mark.parametrize("python", pythons())
def test_equal_sets_are_written_the_same_whatever_was_compiled_before(python: str, tmp_path: Path) -> None:
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(BEFORE)
    after.write_text(AFTER)
    tag = subprocess.run(
        (python, "-c", "import sys; print(sys.implementation.cache_tag)"), capture_output=True, text=True
    ).stdout.strip()
    interpreter = Interpreter((python,), tag, python)
    alone = compile_sources(SubprocessRunner(), interpreter, [(after, "/a.py")])
    pairs = [(before, "/b.py"), (after, "/a.py")]
    assert compile_sources(SubprocessRunner(), interpreter, pairs, jobs=1)[1].bytecode == alone[0].bytecode


def test_a_file_that_is_no_python_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "template.py").write_text("class {{ name }}:\n")
    pairs = [(tmp_path / name, f"/app/{name}") for name in ("good.py", "template.py")]
    good, template = compile_sources(SubprocessRunner(), HOST, pairs)
    assert good.bytecode
    assert (good.failure, template.bytecode) == ("", b"")
    assert template.failure.startswith("/app/template.py: ")


def test_entries_lie_in_pycache_and_come_from_the_cache_the_second_time(world: World) -> None:
    source: list[Entry] = [file("app/pkg/mod.py", "app", b"y = 2\n"), file("app/data.txt", "app", b"")]
    first = bytecode_entries(world, HOST, source, key="k")
    again = bytecode_entries(world, Interpreter(("/nonexistent",), HOST.tag, "host"), source, key="k")
    assert first == again
    assert [entry.path for entry in first] == [
        "app/pkg/__pycache__",
        f"app/pkg/__pycache__/mod.{HOST.tag}.pyc",
    ]


def test_much_that_is_compiled_comes_over_files_and_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Files(SubprocessRunner):
        def run(self, *_: Any, **__: Any) -> Completed:
            raise AssertionError("a pipe would be waited for")

    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text("x = = 1\n")
    pairs = [(tmp_path / name, f"/app/{name}") for name in ("good.py", "bad.py", "good.py")]
    over_pipes = compile_sources(SubprocessRunner(), HOST, pairs)
    monkeypatch.setattr(bytecode, "MUCH_ASKED_BYTES", 0)
    assert compile_sources(Files(), HOST, pairs) == over_pipes
    gone = tmp_path / "gone"
    gone.mkdir()
    with pytest.raises(BuildError, match="could not compile") as caught:
        compile_sources(Files(), HOST, [*pairs, (gone, "/app/gone.py")])
    assert "gone" in "".join(caught.value.details)


def test_a_module_whose_bytecode_would_have_too_long_a_name_has_none() -> None:
    long, short = (file(f"app/{'x' * n}.py", "app", b"") for n in (252, 200))
    made = pycache_entries((long, short), (b"1", b"2"), "cpython-313")
    assert [entry.path for entry in made] == [
        "app/__pycache__",
        f"app/__pycache__/{'x' * 200}.cpython-313.pyc",
    ]


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "the disk is full"), (errno.ENOENT, "cannot be written")]
)
def test_a_temporary_folder_that_takes_nothing_is_told(
    number: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_file(**_: object) -> Any:
        raise OSError(number, "no")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    with pytest.raises(StorageError, match=said) as caught:
        HOST.run(SubprocessRunner(), "print()", b"x" * bytecode.MUCH_ASKED_BYTES)
    assert "TMPDIR" in caught.value.hint


def test_no_temporary_folder_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_folder() -> Any:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", no_folder)
    with pytest.raises(StorageError, match="no temporary folder can be written"):
        HOST.run(SubprocessRunner(), "print()", b"x" * bytecode.MUCH_ASKED_BYTES)


def test_a_temporary_folder_that_is_full_is_told_when_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "r+b", buffering=0))  # noqa: SIM115, PTH123
    with pytest.raises(StorageError, match="the disk is full"):
        HOST.run(SubprocessRunner(), "print()", b"x" * bytecode.MUCH_ASKED_BYTES)


def test_much_is_asked_over_files_and_answered_the_same() -> None:
    program = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"
    much = bytes(range(256)) * 1000
    assert HOST.run(SubprocessRunner(), program, much) == much[::-1]
