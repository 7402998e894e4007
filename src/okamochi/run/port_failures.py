"""What servers say of a port that somebody else has."""

import re

from okamochi.run.traces import Cause, last, told_by

__all__ = ["address_taken", "says_taken"]

# asyncio's and bokeh's, Streamlit's among them
TAKEN = (
    r"(?:\('[^'\n]{0,80}', (?P<first>\d+)\)|(?i:\bport )(?P<second>\d+))[^\n]{0,60}?"
    r"(?i:already in use|is not available)"
    r"|Connection in use: \('[^'\n]*', (?P<third>\d+)\)|Address already in use"
)


@told_by(TAKEN)
def address_taken(found: re.Match[str], log: str) -> Cause | None:
    port = found["first"] or found["second"] or found["third"]
    return Cause(
        f"port {port} is taken where the server wants to listen" if port else "the server's port is taken",
        "stop the process that holds it, or choose another port with --port",
    )


def says_taken(log: str, port: int) -> bool:
    """Whether a server could not listen on that port."""
    found = last(TAKEN, log)
    return found is not None and (set(found.groups()) <= {None, str(port)})
