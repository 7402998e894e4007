"""Where a compose file says something: the line of a service's own words, not of another's."""

from collections.abc import Callable, Mapping

from okamochi.containerfiles.yaml_nodes import yaml_nodes
from okamochi.system.data_text import NoDataError

__all__ = ["LineOf", "line_in", "ranges_of_services"]

LineOf = Callable[[str], int]


def line_in(text: str, first: int = 1, last: int = 0) -> LineOf:
    """The first line from `first` to `last` that begins with some words, else the first that holds them; what
    is not there is looked for in the whole file (a merged part), and is on line `first` if nowhere."""
    lines = [line.strip().lstrip("- \"'") for line in text.splitlines()]
    own = range(first, (last or len(lines)) + 1)

    def found(words: str) -> int:
        for numbers in (own, range(1, len(lines) + 1)):
            there = [n for n in numbers if n <= len(lines) and words in lines[n - 1]]
            begins = (n for n in there if lines[n - 1].startswith(words))
            number = next(begins, next(iter(there), 0))
            if number:
                return number
        return first

    return found


def ranges_of_services(text: str) -> Mapping[str, tuple[int, int]]:
    """The first and the last line of each."""
    try:
        roots = yaml_nodes(text)
    except NoDataError:
        return {}
    pairs = roots[0].get("services").pairs if roots else ()
    starts = [*(key.line for key, _ in pairs), len(text.splitlines()) + 1]
    return {
        key.text: (key.line, max(key.line, min(value.end, after - 1)))
        for (key, value), after in zip(pairs, starts[1:], strict=True)
    }
