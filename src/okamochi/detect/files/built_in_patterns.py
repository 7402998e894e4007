"""Which files stay out of every image, whatever the project says: gitignore patterns, each group for one
reason."""

import msgspec

from okamochi.system.words import word_tuple

__all__ = ["BUILT_IN", "RENDERED_FOLDERS", "SECRETS"]


class IgnoreGroup(msgspec.Struct, frozen=True):
    """Patterns and the one reason for them."""

    reason: str
    patterns: tuple[str, ...]


# left out whole; what okamochi wrote there must not be read as the project's word
RENDERED_FOLDERS = (".devcontainer/", ".okamochi/", "secrets/", "kubernetes/secrets/", "swarm/secrets/")
BUILT_IN = (
    IgnoreGroup(
        "version control", (".git", ".hg", ".svn", ".bzr", ".gitignore", ".gitattributes", ".gitmodules")
    ),
    IgnoreGroup(
        "caches and leftovers of tools",
        word_tuple(
            "__pycache__/ *.py[cod] .pytest_cache/ .mypy_cache/ .ruff_cache/ .tox/ .nox/ .hypothesis/ "
            ".coverage .coverage.* htmlcov/ .ipynb_checkpoints/ .cache/ *.egg-info/ *.egg .DS_Store "
            "Thumbs.db *.swp *~ *.okamochi-backup"
        ),
    ),
    IgnoreGroup(
        "environments and packages of the host",
        (".venv/", "venv/", "env/pyvenv.cfg", "__pypackages__/", "node_modules/"),
    ),
    IgnoreGroup(
        "secrets",
        word_tuple(
            "/secrets/ /kubernetes/secrets/ /swarm/secrets/ .env .env.* *.env .envrc .flaskenv *.pem *.key "
            "*.p12 *.pfx *.jks id_rsa* id_dsa* id_ecdsa* id_ed25519* .netrc .pypirc pip.conf .npmrc .aws/ "
            ".ssh/ .gnupg/ .kube/ .docker/ .htpasswd secrets.json secrets.toml secrets.y*ml credentials.json "
            ".env-* .env_* .git-credentials .pgpass .my.cnf *.tfstate* *.tfvars *.tfvars.json .vault-token "
            "*.keystore *.ovpn service-account*.json service_account*.json .boto .dockercfg"
        ),
    ),
    IgnoreGroup(
        "data of the developer's own runs",
        word_tuple("/instance/ *.sqlite *.sqlite3 *.db *.db-journal *.db-wal *.db-shm *.log *.pid *.sock"),
    ),
    IgnoreGroup("the project's own tests", ("/tests/", "/conftest.py")),
    IgnoreGroup(
        "how the app is built and run, not the app",
        word_tuple(
            "Dockerfile* *.Dockerfile Containerfile* .dockerignore .containerignore /docker-compose*.yml "
            "/docker-compose*.yaml /compose*.yml /compose*.yaml /kubernetes/*.yaml /ecs/*.json "
            "/swarm/stack.yaml /swarm/secrets.sh /okamochi.toml /okamochi.lock /.okamochi/ "
            "/requirements*.txt /requirements*.in /requirements/ /tox.ini /noxfile.py /pytest.ini /Makefile "
            ".github/ .gitlab-ci.yml .circleci/ .devcontainer/ .vscode/ .idea/ .editorconfig "
            ".pre-commit-config.yaml"
        ),
    ),
)
SECRETS = next(group for group in BUILT_IN if group.reason == "secrets").patterns
