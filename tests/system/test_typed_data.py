"""A signal while a type is worked out waits until it is; msgspec would crash the process otherwise."""

import os
import re
import signal
from pathlib import Path

import msgspec
import pytest

import okamochi
from okamochi.system.signals import Terminated, terminable
from okamochi.system.typed_data import typed_json, typed_table

STRUCK: list[signal.Signals] = []


def strike(number: signal.Signals) -> type[int]:
    """Stands in an annotation, which is evaluated while msgspec works the type out."""
    os.kill(os.getpid(), number)
    STRUCK.append(number)
    return int


class Inner(msgspec.Struct):
    number: int


class Interrupted(msgspec.Struct):
    inner: Inner
    number: "strike(signal.SIGINT)"  # type: ignore[valid-type]
    others: tuple[Inner, ...] = ()


class Ended(msgspec.Struct):
    inner: Inner
    number: "strike(signal.SIGTERM)"  # type: ignore[valid-type]
    others: tuple[Inner, ...] = ()


DATA = b'{"inner": {"number": 1}, "number": 2}'


def test_ctrl_c_waits_until_a_type_is_worked_out() -> None:
    with pytest.raises(KeyboardInterrupt), terminable():
        typed_json(DATA, Interrupted)
    assert STRUCK.pop() is signal.SIGINT
    assert typed_json(DATA, Interrupted).number == 2


def test_sigterm_waits_as_well_and_keeps_its_name() -> None:
    with pytest.raises(Terminated) as ended, terminable():
        typed_table({"inner": {"number": 1}, "number": 2}, Ended)
    assert ended.value.number is STRUCK.pop() is signal.SIGTERM


def test_what_is_no_such_value_is_said_and_no_signal_is_kept() -> None:
    with terminable():
        with pytest.raises(msgspec.ValidationError):
            typed_json(b'{"number": "x"}', Inner)
        assert typed_table({"number": "8"}, Inner, strict=False).number == 8


def test_nobody_else_has_msgspec_work_out_a_type() -> None:
    source = Path(okamochi.__file__).parent
    calls = re.compile(r"msgspec\.(?:convert\(|json\.(?:decode\([^\n]*type=|Decoder\())")
    found = {str(one.relative_to(source)) for one in source.rglob("*.py") if calls.search(one.read_text())}
    assert found == {"system/typed_data.py"}
