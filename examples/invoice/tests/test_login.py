"""Login against a provider of our own on loopback."""

import re
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
from invoice.schema import upgrade_at_first_start

ALICE = oidc_provider_mock.User(
    sub="alice", claims={"name": "Alice Sato", "email": "alice@example.com", "email_verified": True}
)


@pytest.fixture(scope="module")
def provider():
    with oidc_provider_mock.run_server_in_thread(user_claims=[ALICE]) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def client(provider, make_app, tmp_path, monkeypatch):
    monkeypatch.setenv("OIDC_DISCOVERY_URL", f"{provider}/.well-known/openid-configuration")
    monkeypatch.setenv("OIDC_CLIENT_ID", "invoice")
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "a-client-secret")
    app = make_app(tmp_path)
    upgrade_at_first_start(app)
    return app.test_client()


def log_in(client, path="/", sub="alice"):
    """What the browser does; the answer of the callback."""
    assert client.get(path).headers["Location"] == "/login"
    asked = client.get("/login").headers["Location"]
    form = requests.post(asked, data={"sub": sub}, allow_redirects=False, timeout=10)
    callback = urlsplit(form.headers["Location"])
    return client.get(f"{callback.path}?{callback.query}")


def test_nothing_is_shown_before_the_login_but_health_and_the_way_in(client):
    for path in ("/", "/customers", "/company", "/invoices/1/pdf", "/batches"):
        assert client.get(path).status_code == 302, path
    assert client.post("/customers/new").status_code in (400, 401)
    assert client.get("/healthz").status_code == 200
    assert client.get("/static/app.css").status_code == 200


def test_the_login_asks_with_pkce_nonce_and_state(client):
    client.get("/")
    asked = parse_qs(urlsplit(client.get("/login").headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"code_challenge", "nonce", "state"} <= asked.keys()
    assert asked["redirect_uri"] == ["http://localhost/login/callback"]


def test_after_the_login_one_is_where_one_wanted_to_go_and_is_known_by_name(client):
    answer = log_in(client, "/customers?lang=en")
    assert answer.headers["Location"] == "/customers?lang=en"
    page = client.get("/customers?lang=en").get_data(as_text=True)
    assert "Alice Sato" in page
    assert "Log out" in page
    assert "Demo mode" not in page


def test_an_answer_that_was_not_asked_for_is_refused(client):
    assert client.get("/login/callback?code=abc&state=forged").status_code == 502
    assert client.get("/").headers["Location"] == "/login"


def test_the_logout_ends_the_session_here_and_at_the_provider(client, provider):
    log_in(client)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/").get_data(as_text=True))
    answer = client.post("/logout", data={"csrf_token": token[1]})
    target = urlsplit(answer.headers["Location"])
    assert f"{target.scheme}://{target.netloc}" == provider
    parameters = parse_qs(target.query)
    assert parameters["client_id"] == ["invoice"]
    assert parameters["post_logout_redirect_uri"] == ["http://localhost/logged-out"]
    assert parameters["id_token_hint"][0].count(".") == 2
    assert client.get("/").headers["Location"] == "/login"
    assert client.get("/logged-out").status_code == 200


def test_the_logout_form_may_lead_to_the_provider_and_nowhere_else(client, provider):
    policy = client.get("/logged-out").headers["Content-Security-Policy"]
    assert f"form-action 'self' {provider};" in policy


@pytest.mark.parametrize(
    ("allowed", "status"), [("alice@example.com", 302), ("@example.com", 302), ("bob@example.com", 403)]
)
def test_the_allowed_addresses_decide(client, allowed, status):
    client.application.config["ALLOWED_EMAILS"] = frozenset({allowed})
    assert log_in(client).status_code == status


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_the_way_back_never_leads_to_another_host(client, wanted):
    asked = client.get("/login").headers["Location"]
    with client.session_transaction() as session:
        session["next"] = wanted
    form = requests.post(asked, data={"sub": "alice"}, allow_redirects=False, timeout=10)
    callback = urlsplit(form.headers["Location"])
    assert client.get(f"{callback.path}?{callback.query}").headers["Location"] == "/"


def test_a_provider_that_is_away_is_told(make_app, tmp_path, monkeypatch):
    monkeypatch.setenv("OIDC_DISCOVERY_URL", "http://127.0.0.1:1/.well-known/openid-configuration")
    monkeypatch.setenv("OIDC_CLIENT_ID", "invoice")
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "a-client-secret")
    client = make_app(tmp_path).test_client()
    assert client.get("/login").status_code == 502


def test_without_a_login_each_page_says_so(browser):
    assert "Demo mode" in browser.get("/?lang=en").get_data(as_text=True)
    assert browser.get("/login").status_code == 404
