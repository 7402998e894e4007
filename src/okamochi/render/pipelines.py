"""Build, test and push in CI with okamochi: no privileged daemon, the cache kept between runs."""

from typing import Final

from okamochi import __version__
from okamochi.model.lock import Lock
from okamochi.model.plan import DependencyManager, Plan
from okamochi.render.rendering import Language, RenderedFile, Rendering

__all__ = ["GithubActionsRenderer", "GitlabCiRenderer"]

# The actions are named by the commit of a release: a tag can be moved by whoever takes over its repository.
GITHUB: Final = """\
# {head}
name: image
on:
  push:
    branches: [main]
  pull_request:
permissions: {{}}
concurrency:
  group: image-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  test:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    permissions:
      contents: read
    steps:
      - uses: {checkout}
        with:
          persist-credentials: false
      - uses: {python}
        with:
          python-version: "{version}"
      # {own}
      - run: {install}
      - run: {test}
  image:
    needs: test
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: read
      # {packages}
      packages: write
    steps:
      - uses: {checkout}
        with:
          persist-credentials: false
      - uses: {python}
        with:
          python-version: "3.13"
      # {cache}
      - uses: {actions_cache}
        with:
          path: ~/.cache/okamochi
          key: okamochi-${{{{ hashFiles('okamochi.lock') }}}}-${{{{ github.sha }}}}
          restore-keys: |
            okamochi-${{{{ hashFiles('okamochi.lock') }}}}-
            okamochi-
      # {address}
      - run: pip install "okamochi>={okamochi}"
      # {drift}
      - run: if [ -f .okamochi/rendered.json ]; then okamochi render all --check; fi
      # {locked}
      - run: okamochi build --locked --to layout:image
      # {push}
      - if: github.event_name != 'pull_request'
        env:
          REGISTRY_TOKEN: ${{{{ secrets.GITHUB_TOKEN }}}}
        run: |
          mkdir -p ~/.docker
          login=$(printf '%s:%s' "$GITHUB_ACTOR" "$REGISTRY_TOKEN" | base64 -w 0)
          printf '{{"auths":{{"ghcr.io":{{"auth":"%s"}}}}}}' "$login" > ~/.docker/config.json
          repository=$(printf '%s' "$GITHUB_REPOSITORY" | tr '[:upper:]' '[:lower:]')
          okamochi push --locked "ghcr.io/$repository:$GITHUB_SHA"
"""
GITLAB: Final = """\
# {head}
stages: [test, build]
test:
  stage: test
  image: python:{version}-slim
  script:
    # {own}
    - {install}
    - {test}
build-image:
  stage: build
  image: python:3.13-slim
  variables:
    OKAMOCHI_CACHE_DIR: $CI_PROJECT_DIR/.cache/okamochi
  # {cache}
  cache:
    key:
      files: [okamochi.lock]
    paths: [.cache/okamochi]
  script:
    # {address}
    - pip install "okamochi>={okamochi}"
    # {drift}
    - if [ -f .okamochi/rendered.json ]; then okamochi render all --check; fi
    # {locked}
    - okamochi build --locked --to layout:image
    # {push}
    - |
      if [ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]; then
        mkdir -p ~/.docker
        login=$(printf '%s:%s' "$CI_REGISTRY_USER" "$CI_REGISTRY_PASSWORD" | base64 -w 0)
        printf '{{"auths":{{"%s":{{"auth":"%s"}}}}}}' "$CI_REGISTRY" "$login" > ~/.docker/config.json
        okamochi push --locked "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA"
      fi
  artifacts:
    paths: [image]
    expire_in: 1 week
"""
ACTIONS: Final = {
    "checkout": "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
    "python": "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0",
    "actions_cache": "actions/cache@5a3ec84eff668545956fd18022155c47e93e2684 # v4.2.3",
}
WORDS: Final = {
    Language.ENGLISH: {
        "head": "Written by okamochi render: test {name}, build its image without a Docker daemon, push it.",
        "own": "the project's own tool, by its lock",
        "packages": "the registry of this repository",
        "cache": "okamochi's cache: what did not change is neither downloaded nor made again",
        "address": "a git address serves as well",
        "drift": "fails when rendered files no longer say what the plan says",
        "locked": "exactly what okamochi.lock says; fails when it does not fit",
        "push": "sends only the layers that the registry lacks",
    },
    Language.JAPANESE: {
        "head": "okamochi render による。{name} をテストし、Docker デーモンなしで作って送る。",
        "own": "プロジェクト自身の道具で、ロックどおりに入れる",
        "packages": "このリポジトリのレジストリ",
        "cache": "okamochi のキャッシュ。変わらないものは取り直さず、作り直さない",
        "address": "git の URL でもよい",
        "drift": "書き出したファイルが計画とずれたら失敗する",
        "locked": "okamochi.lock のとおりに作る。合わなければ失敗する",
        "push": "レジストリにないレイヤだけを送る",
    },
}
INSTALL: Final = {
    DependencyManager.PIPENV: ("pip install pipenv && pipenv sync --dev", "pipenv run python -m pytest"),
    DependencyManager.POETRY: ("pip install poetry && poetry install", "poetry run python -m pytest"),
    DependencyManager.UV: ("pip install uv && uv sync --frozen", "uv run python -m pytest"),
    DependencyManager.PDM: ("pip install pdm && pdm sync --dev", "pdm run python -m pytest"),
    DependencyManager.PYLOCK: (
        "pip install uv && uv pip sync --system pylock.toml",
        "python -m pytest",
    ),
    DependencyManager.PYPROJECT: ("pip install --editable . pytest", "python -m pytest"),
    DependencyManager.SETUPTOOLS: ("pip install --editable . pytest", "python -m pytest"),
}


def filled(template: str, plan: Plan, language: Language) -> bytes:
    words = {key: text.format(name=plan.name) for key, text in WORDS[language].items()}
    install, test = INSTALL.get(plan.dependencies.manager, ("", ""))
    if not install:
        files = " ".join(f"-r {path}" for path in plan.dependencies.files)
        install, test = f"pip install {files} pytest".replace("  ", " "), "python -m pytest"
    # 5: pytest found no tests, which is no failure
    test = f'{test} || [ "$?" -eq 5 ]'
    facts = {"version": plan.python_version, "okamochi": __version__, "install": install, "test": test}
    return template.format(**words, **ACTIONS, **facts).encode()


class GithubActionsRenderer:
    @property
    def target(self) -> str:
        return "github-actions"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        content = filled(GITHUB, plan, language)
        return Rendering(files=(RenderedFile(path=".github/workflows/image.yml", content=content),))


class GitlabCiRenderer:
    @property
    def target(self) -> str:
        return "gitlab-ci"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        content = filled(GITLAB, plan, language)
        return Rendering(files=(RenderedFile(path=".gitlab-ci.yml", content=content),))
