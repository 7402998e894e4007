"""A secret that was given is there when the entry point is proved, though never its value."""

from tests.detect.plans import planned

from okamochi.run.proof.trial import made_up_values, with_untold

APP = (
    "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
    "key = os.environ.get('GROQ_API_KEY')\nmode = os.environ['APP_MODE']\n"
)


def proof_environment(plain: dict[str, str], secret_names: tuple[str, ...]) -> dict[str, str]:
    given = with_untold(plain, secret_names)
    return {**given, **made_up_values(planned({"app.py": APP}), given)}


def test_an_optional_secret_that_was_given_has_a_value_of_its_own_making() -> None:
    found = proof_environment({"APP_MODE": "live"}, ("GROQ_API_KEY", "NEVER_DECLARED_TOKEN"))
    assert found["APP_MODE"] == "live"
    assert len(found["GROQ_API_KEY"]) == 64
    assert len(found["NEVER_DECLARED_TOKEN"]) == 64


def test_one_that_nobody_gave_has_none() -> None:
    assert "GROQ_API_KEY" not in proof_environment({"APP_MODE": "live"}, ())


def test_an_address_is_left_out_for_what_code_makes_of_another_tells_nothing() -> None:
    assert "CACHE_URL" not in proof_environment({"APP_MODE": "live"}, ("CACHE_URL",))
