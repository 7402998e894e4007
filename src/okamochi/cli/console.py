"""What people see on stderr: progress on a terminal, plain lines in CI; errors with their hint."""

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from okamochi.errors import OkamochiError
from okamochi.system.meanwhile import meanwhile
from okamochi.system.progress import Reporter
from okamochi.system.standard_streams import harmless, to_draw_on

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["PlainReporter", "print_error", "reporter_for"]


def reporter_for(environ: Mapping[str, str]) -> Reporter:
    """Live progress when stderr is a terminal and this is no CI run, else one plain line a step."""
    if sys.stderr.isatty() and not environ.get("CI") and environ.get("TERM") != "dumb":
        return TerminalReporter()
    return PlainReporter()


class PlainReporter:
    """One line when a step ends, with its time; safe for logs. After `quiet_seconds` without a line, one that
    names what is under way."""

    def __init__(self, quiet_seconds: float = 30) -> None:
        self.quiet_seconds = quiet_seconds
        self._lock = threading.Lock()
        self._under_way: dict[int, tuple[str, float]] = {}
        self._count = 0
        self._said_at = time.monotonic()
        self._teller: AbstractContextManager[None] = nullcontext()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        started = time.monotonic()
        with self._lock:
            self._count += 1
            number = self._count
            self._under_way[number] = (title, started)
            if len(self._under_way) == 1:
                self._said_at = started
                self._teller = meanwhile(self._tell_under_way)
                self._teller.__enter__()
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[number]
                teller = None if self._under_way else self._teller
            if teller is not None:
                teller.__exit__(None, None, None)
        self._print(f"{title} ({time.monotonic() - started:.1f} s)")

    def _tell_under_way(self, over: threading.Event) -> None:
        """One thread for all steps that are under way at a time; it ends with the last of them."""
        while not over.wait(
            max(self._said_at + self.quiet_seconds - time.monotonic(), self.quiet_seconds / 10)
        ):
            with self._lock:
                now, steps = time.monotonic(), self._under_way.copy()
            if steps and now - self._said_at >= self.quiet_seconds:
                self._print("; ".join(f"{title}: goes on ({now - at:.0f} s)" for title, at in steps.values()))

    def note(self, text: str) -> None:
        self._print(text)

    def warn(self, text: str) -> None:
        self._print(f"warning: {text}")

    def _print(self, text: str) -> None:
        with self._lock, suppress(OSError):  # whoever listened went away; the answer is still wanted
            self._said_at = time.monotonic()
            print(text, file=sys.stderr, flush=True)


class TerminalReporter:
    """Spinners for the steps under way, a tick for those that are done; shown from 0.1 s on, so that a
    build that finds everything in its cache neither flickers nor pays for the display."""

    delay_seconds = 0.1

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._running: dict[int, tuple[str, float]] = {}
        self._count = 0
        self._console: Console | None = None
        self._live: object | None = None

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        started = time.monotonic()
        with self._lock:
            self._count += 1
            number = self._count
            self._running[number] = (title, started)
        timer = threading.Timer(self.delay_seconds, self._refresh)
        timer.daemon = True
        timer.start()
        try:
            yield
        except BaseException:
            self._end(number)
            raise
        finally:
            timer.cancel()
        spent = time.monotonic() - started
        self._end(number)
        if spent >= self.delay_seconds:
            self._say(f"[green]✓[/] {escaped(title)} [dim]{spent:.1f} s[/]")

    def note(self, text: str) -> None:
        self._say(f"[cyan]·[/] {escaped(text)}")

    def warn(self, text: str) -> None:
        self._say(f"[yellow]![/] {escaped(text)}")

    def _end(self, number: int) -> None:
        with self._lock:
            self._running.pop(number, None)
            self._refresh()

    def _say(self, markup: str) -> None:
        with self._lock:
            self._rich().print(markup, highlight=False, soft_wrap=True)

    def _refresh(self) -> None:
        from rich.live import Live
        from rich.spinner import Spinner
        from rich.table import Table

        with self._lock:
            if not self._running:
                if isinstance(self._live, Live):
                    self._live.stop()
                self._live = None
                return
            table = Table.grid(padding=(0, 1))
            for title, _ in self._running.values():
                table.add_row(Spinner("dots", style="cyan"), escaped(title))
            if isinstance(self._live, Live):
                self._live.update(table)
            else:
                self._live = Live(table, console=self._rich(), transient=True, refresh_per_second=12)
                self._live.start()

    def _rich(self) -> "Console":
        from rich.console import Console

        if self._console is None:
            self._console = Console(file=to_draw_on(sys.stderr))
        return self._console


def escaped(text: str) -> str:
    from rich.markup import escape

    return escape(harmless(text).replace("\x1b", "\\u001b"))  # no colours but ours


def print_error(error: OkamochiError) -> None:
    """What happened, where, further lines, what to do; colour only on a terminal that wants it."""
    from rich.console import Console

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"[bold red]error:[/] {escaped(error.message)}")
    if error.where:
        console.print(f"  [dim]where:[/] {escaped(error.where)}")
    for line in error.details:
        console.print(f"    {escaped(line)}")
    if error.hint:
        console.print(f"  [bold]hint:[/]  {escaped(error.hint)}")
