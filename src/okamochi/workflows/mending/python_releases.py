"""The day on which each Python came out."""

from typing import Final

__all__ = ["CAME_OUT"]

# first releases: https://peps.python.org/pep-0596/ and its successors
CAME_OUT: Final = {
    "3.9": "2020-10-05",
    "3.10": "2021-10-04",
    "3.11": "2022-10-24",
    "3.12": "2023-10-02",
    "3.13": "2024-10-07",
    "3.14": "2025-10-07",
}
