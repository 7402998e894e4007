import pytest
from invoice import settings
from invoice.settings import SettingsError


def read(**options):
    return settings.from_environment(**{"debug": False, **options})


def test_a_missing_key_is_an_error_that_names_it(monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    with pytest.raises(SettingsError, match="SECRET_KEY is not set"):
        read()


def test_debug_mode_has_a_key_of_its_own_that_production_refuses(monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    key = read(debug=True).secret_key
    monkeypatch.setenv("SECRET_KEY", key)
    with pytest.raises(SettingsError, match="placeholder"):
        read()


@pytest.mark.parametrize("key", ["", "changeme", "short", "secret-key"])
def test_placeholders_and_short_keys_are_refused(monkeypatch, key):
    monkeypatch.setenv("SECRET_KEY", key)
    with pytest.raises(SettingsError):
        read()


def test_a_secret_can_come_from_a_file_whose_last_newline_does_not_count(monkeypatch, tmp_path):
    file = tmp_path / "key"
    file.write_text("from-a-file-0123456789\n")
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", str(file))
    assert read().secret_key == "from-a-file-0123456789"


def test_a_secret_given_twice_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(SettingsError, match="both set"):
        read()


def test_an_empty_or_missing_secret_file_is_an_error(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(SettingsError, match="cannot be read"):
        read()
    (tmp_path / "key").write_text("")
    with pytest.raises(SettingsError, match="empty file"):
        read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXY_HOPS", "-1"),
        ("SESSION_COOKIE_SECURE", "maybe"),
        ("INVOICE_AUTO_MIGRATE", ""),
        ("INVOICE_DEFAULT_LANGUAGE", "fr"),
        ("INVOICE_TIMEZONE", "Mars/Olympus"),
        ("INVOICE_MAX_UPLOAD_BYTES", "2MB"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        read()


def test_the_old_name_of_postgresql_is_understood(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://u@db/invoice")
    assert read().database_url == "postgresql://u@db/invoice"


AUTH0 = {
    "AUTH0_DOMAIN": "shop.eu.auth0.com",
    "AUTH0_CLIENT_ID": "abc",
    "AUTH0_CLIENT_SECRET": "a-client-secret",
    "AUTH0_CALLBACK_URL": "https://shop.example/login/callback",
}


def test_auth0_is_known_by_its_domain(monkeypatch):
    for name, value in AUTH0.items():
        monkeypatch.setenv(name, value)
    login = read().login
    assert login.discovery_url == "https://shop.eu.auth0.com/.well-known/openid-configuration"
    assert (login.client_id, login.callback_url) == ("abc", "https://shop.example/login/callback")


def test_any_provider_is_known_by_its_discovery_document(monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")
    monkeypatch.setenv("OIDC_DISCOVERY_URL", "https://login.example/.well-known/openid-configuration")
    monkeypatch.setenv("OIDC_CLIENT_ID", "abc")
    monkeypatch.setenv("OIDC_CLIENT_SECRET_FILE", str(secret))
    assert read().login.client_secret == "from-a-file"


def test_without_any_setting_there_is_no_login():
    assert read().login is None


@pytest.mark.parametrize("missing", ["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"])
def test_half_a_login_is_an_error_that_names_what_is_missing(monkeypatch, missing):
    for name, value in AUTH0.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with pytest.raises(SettingsError, match=missing):
        read()


def test_two_providers_are_one_too_many(monkeypatch):
    for name, value in {**AUTH0, "OIDC_CLIENT_ID": "abc"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="keep the settings of one provider"):
        read()
