"""The kit's files as an image has them."""

from pathlib import Path

from okamochi.kit import kit_files


def lay_kit(folder: Path) -> None:
    """All of them, in the folder, which need not be there."""
    for name, content in kit_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
