import importlib.util
import marshal
import sys
from pathlib import Path

from okamochi.build.bytecode import Interpreter, bytecode_entries, compile_sources
from okamochi.oci.entry import Entry, file
from okamochi.system.process import SubprocessRunner
from okamochi.system.world import World

HOST = Interpreter((sys.executable,), sys.implementation.cache_tag or "", "host")
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
