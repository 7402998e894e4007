"""Why a try to have something from a server failed, where another one may not."""

__all__ = ["Interrupted", "TooSlow"]


class Interrupted(Exception):
    """A try failed in a way that may pass. `wait_seconds` is what the server asked for, 0 when nothing;
    `unreached` says that there was no server to answer."""

    def __init__(
        self, reason: str, *, wait_seconds: float = 0, hint: str = "", unreached: bool = False
    ) -> None:
        super().__init__(reason)
        self.unreached = unreached
        self.reason = reason
        self.wait_seconds = wait_seconds
        self.hint = hint


class TooSlow(Interrupted):
    """It would have gone on, but never come to an end."""

    def __init__(self, bytes_per_second: float, floor: float) -> None:
        super().__init__(
            f"the server sends {bytes_per_second:,.0f} bytes a second, less than {floor:,.0f} are given up",
            hint="use another mirror or index, or try again later",
        )
