"""Settings from environment variables, read once at start.

Secrets can come from files: NAME_FILE names a file that holds the value of NAME (Docker, Podman and
Kubernetes mount secrets that way). Both set is an error, because one of them would be ignored silently.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LANGUAGES = ("ja", "en")
KEY_MIN_LENGTH = 16
DEBUG_KEY = "debug-only-never-for-production"
PLACEHOLDERS = frozenset({"changeme", "change-me", "secret", "secret-key", "your-secret-key", DEBUG_KEY})


class SettingsError(RuntimeError):
    """A setting is missing or wrong; the text names the variable and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The OpenID provider and what it knows of this app."""

    discovery_url: str
    client_id: str
    client_secret: str
    callback_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment decides."""

    secret_key: str
    database_url: str | None
    data_dir: Path | None
    auto_migrate: bool
    default_language: str
    timezone: str
    trusted_proxy_hops: int
    secure_cookies: bool | None
    max_upload_bytes: int
    redis_url: str
    login: Login | None
    allowed_emails: frozenset[str]
    metrics_token: str
    statement_seconds: int


def from_environment(*, debug: bool) -> Settings:
    """Read all settings; SettingsError at the first that is missing or wrong."""
    return Settings(
        secret_key=_secret_key(debug=debug),
        database_url=_database_url(),
        data_dir=_path(os.environ.get("INVOICE_DATA_DIR")),
        auto_migrate=_boolean("INVOICE_AUTO_MIGRATE", os.environ.get("INVOICE_AUTO_MIGRATE", "true")),
        default_language=_language(os.environ.get("INVOICE_DEFAULT_LANGUAGE", "ja")),
        timezone=_timezone(os.environ.get("INVOICE_TIMEZONE", "Asia/Tokyo")),
        trusted_proxy_hops=_count("TRUSTED_PROXY_HOPS", os.environ.get("TRUSTED_PROXY_HOPS", "0")),
        secure_cookies=_secure_cookies(os.environ.get("SESSION_COOKIE_SECURE", "auto")),
        max_upload_bytes=_count(
            "INVOICE_MAX_UPLOAD_BYTES", os.environ.get("INVOICE_MAX_UPLOAD_BYTES", "2097152")
        ),
        redis_url=os.environ.get("REDIS_URL", "").strip(),
        login=_login(),
        allowed_emails=_words(os.environ.get("INVOICE_ALLOWED_EMAILS", "")),
        metrics_token=_from_file("INVOICE_METRICS_TOKEN", os.environ.get("INVOICE_METRICS_TOKEN_FILE"))
        or os.environ.get("INVOICE_METRICS_TOKEN", ""),
        statement_seconds=_count(
            "INVOICE_STATEMENT_SECONDS", os.environ.get("INVOICE_STATEMENT_SECONDS", "20")
        ),
    )


def _secret_key(*, debug: bool) -> str:
    try:
        key = _from_file("SECRET_KEY", os.environ.get("SECRET_KEY_FILE")) or os.environ["SECRET_KEY"]
    except KeyError as missing:
        if debug:
            return DEBUG_KEY
        raise SettingsError(
            "SECRET_KEY is not set; sessions and forms are signed with it. Set it or SECRET_KEY_FILE; "
            "`python -c 'import secrets; print(secrets.token_hex(32))'` makes one."
        ) from missing
    if key.strip().lower() in PLACEHOLDERS or len(key) < KEY_MIN_LENGTH:
        raise SettingsError(
            f"SECRET_KEY is a placeholder or shorter than {KEY_MIN_LENGTH} characters: use a random one."
        )
    return key


def _database_url() -> str | None:
    url = _from_file("DATABASE_URL", os.environ.get("DATABASE_URL_FILE")) or os.environ.get(
        "DATABASE_URL", ""
    )
    if not url.strip():
        return None
    # Hosting providers hand out postgres://, a name that SQLAlchemy dropped in 1.4.
    return url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url


def _login() -> Login | None:
    """Auth0 by its domain, or any provider by its discovery document; None when nothing is set."""
    secret = _from_file("OIDC_CLIENT_SECRET", os.environ.get("OIDC_CLIENT_SECRET_FILE"))
    any_provider = {
        "OIDC_DISCOVERY_URL": os.environ.get("OIDC_DISCOVERY_URL", ""),
        "OIDC_CLIENT_ID": os.environ.get("OIDC_CLIENT_ID", ""),
        "OIDC_CLIENT_SECRET": secret or os.environ.get("OIDC_CLIENT_SECRET", ""),
    }
    secret = _from_file("AUTH0_CLIENT_SECRET", os.environ.get("AUTH0_CLIENT_SECRET_FILE"))
    auth0 = {
        "AUTH0_DOMAIN": os.environ.get("AUTH0_DOMAIN", ""),
        "AUTH0_CLIENT_ID": os.environ.get("AUTH0_CLIENT_ID", ""),
        "AUTH0_CLIENT_SECRET": secret or os.environ.get("AUTH0_CLIENT_SECRET", ""),
    }
    if any(any_provider.values()) and any(auth0.values()):
        raise SettingsError("Both OIDC_... and AUTH0_... are set: keep the settings of one provider.")
    if _complete(any_provider):
        discovery, client_id, client_secret = any_provider.values()
        return Login(
            discovery_url=discovery,
            client_id=client_id,
            client_secret=client_secret,
            callback_url=os.environ.get("OIDC_CALLBACK_URL", ""),
        )
    if _complete(auth0):
        domain, client_id, client_secret = auth0.values()
        host = domain.removeprefix("https://").strip("/")
        return Login(
            discovery_url=f"https://{host}/.well-known/openid-configuration",
            client_id=client_id,
            client_secret=client_secret,
            callback_url=os.environ.get("AUTH0_CALLBACK_URL", ""),
        )
    return None


def _complete(values: dict[str, str]) -> bool:
    """Half a login is an error: the app would be open to everybody where a login was meant."""
    missing = [name for name, value in values.items() if not value.strip()]
    if missing and len(missing) < len(values):
        raise SettingsError(f"For the login {', '.join(missing)} must be set, too.")
    return not missing


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in text.split(",") if word.strip())


def _from_file(name: str, path: str | None) -> str | None:
    if path is None:
        return None
    if name in os.environ:
        raise SettingsError(f"{name} and {name}_FILE are both set: keep one.")
    try:
        value = Path(path).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE cannot be read: {error}") from error
    if not value:
        raise SettingsError(f"{name}_FILE names an empty file: {path}")
    return value


def _path(text: str | None) -> Path | None:
    return Path(text).absolute() if text else None


def _boolean(name: str, text: str) -> bool:
    match text.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
        case _:
            raise SettingsError(f"{name} is {text!r}: write true or false.")


def _secure_cookies(text: str) -> bool | None:
    """None means: as the request came, Secure over HTTPS and plain over HTTP."""
    return None if text.strip().lower() == "auto" else _boolean("SESSION_COOKIE_SECURE", text)


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise SettingsError(f"{name} is {text!r}: write a whole number, 0 or more.")
    return int(text)


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise SettingsError(f"INVOICE_DEFAULT_LANGUAGE is {text!r}: one of {', '.join(LANGUAGES)}.")
    return text


def _timezone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(f"INVOICE_TIMEZONE is {text!r}: write a name such as Asia/Tokyo.") from error
