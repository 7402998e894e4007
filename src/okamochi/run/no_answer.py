"""An engine that does not answer: what its program says then is no answer with nothing in it."""

from okamochi.errors import EngineError
from okamochi.system.patterns import regex
from okamochi.system.process import Completed

__all__ = ["absence", "require_answer"]

SILENT = regex(
    r"Cannot connect to the Docker daemon|error during connect|Cannot connect to Podman"
    r"|permission denied while trying to connect"
)


def require_answer(done: Completed, engine: str) -> None:
    """EngineError where the program only tells that nobody answered it."""
    text = "" if done.ok else done.error_text or done.text
    if SILENT.search(text) is not None:
        raise absence(engine, text)


def absence(engine: str, text: str, *, instead: str = "") -> EngineError:
    """`text` is what its program said; `instead` is another way, where the command has one."""
    hint = "start it (systemctl start docker, or Docker Desktop)" if engine == "docker" else f"start {engine}"
    if "permission denied" in text.lower():
        hint = f"let this user talk to it (the group {engine}, which is as good as being root)"
    return EngineError(
        f"{engine} does not answer",
        where=f"{engine} info",
        hint=f"{hint}, or {instead}" if instead else hint,
        details=tuple(text.strip().splitlines()[-3:]),
    )
