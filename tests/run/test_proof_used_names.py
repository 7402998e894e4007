"""What the app takes from a library, and what that imports when it is used alone."""

from pathlib import Path

import pytest
from tests.run.test_proof import WSGI, asked

from okamochi.run.proof.answer import Answer, Outcome, verdict_of

EMAIL = """
class Email:
    def __call__(self, form, field):
        {imports}
"""
NEEDED = "import email_validator"
MADE_GOOD = "try:\n            import email_validator\n        except ImportError:\n            {}"


def proved(folder: Path, library: str, app: str) -> Answer:
    site = folder / "site-packages"
    (site / "forms-1.0.dist-info").mkdir(parents=True)
    (site / "forms-1.0.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: forms\nVersion: 1.0\nRequires-Dist: email-validator; extra == 'email'\n"
    )
    (site / "forms").mkdir()
    (site / "forms/__init__.py").write_text("")
    (site / "forms/checks.py").write_text(library)
    return asked(folder, f"{WSGI}{app}\napp = App()\n", paths=[str(folder), str(site)])


@pytest.mark.parametrize(
    "app",
    [
        "from forms.checks import Email\nfields = [Email]",
        "from forms import checks\ndef later():\n    return checks.Email()",
        "from forms.checks import *\nclass Form:\n    def check(self):\n        Email()(self, 1)",
    ],
)
@pytest.mark.parametrize("imports", [NEEDED, MADE_GOOD.format("raise Exception('Install email_validator')")])
def test_what_a_class_imports_when_it_is_called_is_missed_before(
    tmp_path: Path, app: str, imports: str
) -> None:
    broken = proved(tmp_path, EMAIL.format(imports=imports), app).broken
    assert broken is not None
    assert (broken.type, broken.name) == ("forms.checks.Email", "email_validator")
    assert broken.asked == "email-validator"
    assert verdict_of(broken).outcome is Outcome.MISSING_MODULE


@pytest.mark.parametrize(
    "imports",
    [
        MADE_GOOD.format("email_validator = None"),
        "if field:\n            import email_validator",
        "import wsgiref",
        # nothing that is installed names it among its extras
        "import absent_client",
    ],
)
def test_what_it_goes_on_without_is_not_missed(tmp_path: Path, imports: str) -> None:
    app = "from forms.checks import Email\nfields = [Email]"
    assert proved(tmp_path, EMAIL.format(imports=imports), app).broken is None


@pytest.mark.parametrize(
    "app",
    [
        "from forms import checks\n",
        "from forms.checks import Table\nfields = [Table]",
        "Email = 1\nEmail\n",
        # names that functions have for themselves
        "from forms.checks import *\ndef show(row):\n    Email = row\n    return Email",
        "from forms.checks import *\ndef show(Email):\n    return [Email for _ in Email]",
    ],
)
def test_what_the_app_does_not_use_is_not_missed(tmp_path: Path, app: str) -> None:
    library = EMAIL.format(imports=NEEDED)
    library += "class Table:\n    def to_sheet(self):\n        import email_validator\n"
    assert proved(tmp_path, library, app).broken is None


def test_an_object_that_does_not_say_what_it_is_leaves_the_app_proved(tmp_path: Path) -> None:
    library = "class Shy(type):\n    def __getattribute__(cls, name): raise RuntimeError(name)\n"
    library += "class Email(metaclass=Shy): ...\n"
    answer = proved(tmp_path, library, "from forms.checks import Email\nfields = [Email]")
    assert (answer.outcome, answer.broken) == ("proved", None)


HASHES = """
class CryptContext:
    def __init__(self, fails):
        self.fails = fails
    def hash(self, word):
        if self.fails:
            raise ValueError("password cannot be longer than 72 bytes")
        return word
"""


@pytest.mark.parametrize(("fails", "outcome"), [(True, Outcome.LIBRARY), (False, None)])
def test_what_hashes_the_app_s_passwords_is_tried_with_a_word(
    tmp_path: Path, fails: bool, outcome: Outcome | None
) -> None:
    passlib = tmp_path / "site-packages" / "passlib"
    passlib.mkdir(parents=True)
    (passlib / "__init__.py").write_text("")
    (passlib / "context.py").write_text(HASHES)
    app = f"from passlib.context import CryptContext\nclass Hasher:\n    context = CryptContext({fails})\n"
    broken = proved(tmp_path, EMAIL.format(imports="pass"), app).broken
    assert (verdict_of(broken).outcome if broken is not None else None) is outcome
    assert broken is None or broken.type == "passlib.context.CryptContext"
