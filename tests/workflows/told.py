"""A reporter that keeps what is said to people."""

from okamochi.system.progress import SilentReporter


class Told(SilentReporter):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(text)
