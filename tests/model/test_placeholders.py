"""Which values stand where a secret should."""

import pytest

from okamochi.model.placeholders import is_placeholder


@pytest.mark.parametrize(
    "value",
    [
        "change-me",
        "changeme",
        "ChangeThis",
        "dev-key-change-in-production",
        "your-secret-key",
        "your_secret_key_here",
        "yourpassword",
        "<your token>",
        "{{ secret_key }}",
        "placeholder",
        "xxx",
        "TODO",
        '"replace-me"',
        "flask_secret_key",
        "FlaskSecretKey",
    ],
)
def test_what_examples_have_is_no_secret_of_anybody(value: str) -> None:
    assert is_placeholder("FLASK_SECRET_KEY", value, signs=False)


@pytest.mark.parametrize(
    "value",
    [
        "dev",
        "secret",
        "supersecretkey",
        "this-is-a-very-secret-key",
        "django-insecure-k3!x",
        "you-will-never-guess",
    ],
)
def test_a_word_of_the_dictionary_signs_nothing(value: str) -> None:
    assert is_placeholder("SECRET_KEY", value, signs=True)
    assert not is_placeholder("STRIPE_TOKEN", value, signs=False)


@pytest.mark.parametrize(
    "value", ["", "9f2d7c31e5a0b84467", "kR3-x_Yq!8s", "correct horse battery staple", "s" * 5000]
)
def test_what_nobody_could_have_copied_is_left_alone(value: str) -> None:
    assert not is_placeholder("SECRET_KEY", value, signs=True)
