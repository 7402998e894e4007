import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "tools"))

import reference


def test_the_reference_page_is_what_the_program_says() -> None:
    if os.environ.get("OKAMOCHI_UPDATE_GOLDEN"):
        reference.PATH.write_text(reference.reference(), encoding="utf-8")
    assert reference.PATH.read_text("utf-8") == reference.reference()
