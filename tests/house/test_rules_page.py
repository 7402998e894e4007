import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "tools"))

import rules


def test_the_page_of_rules_is_what_the_rules_say() -> None:
    if os.environ.get("OKAMOCHI_UPDATE_GOLDEN"):
        rules.PATH.write_text(rules.rules_page(), encoding="utf-8")
    assert rules.PATH.read_text("utf-8") == rules.rules_page()
