"""Names under which nothing can be pushed are refused before anything is built or asked."""

from typing import Any, cast

import pytest

from okamochi.errors import UsageError
from okamochi.oci.reference import Reference
from okamochi.workflows.deliver import check_tag
from okamochi.workflows.delivery.sinks import RegistrySink


def asked(name: str, monkeypatch: pytest.MonkeyPatch) -> list[Reference]:
    found: list[Reference] = []
    monkeypatch.setattr(RegistrySink, "check", lambda _, reference: found.append(reference))
    check_tag(name, (RegistrySink(cast(Any, None), cast(Any, None)),))
    return found


@pytest.mark.parametrize("name", ["myapp:1.0.0", "docker.io/library/myapp"])
def test_dockers_own_namespace_is_nobody_elses(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="only Docker's own images") as refusal:
        asked(name, monkeypatch)
    assert "OWNER/myapp" in refusal.value.hint


def test_an_owner_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.repository for one in asked("me/myapp:1.0.0", monkeypatch)] == ["me/myapp"]
