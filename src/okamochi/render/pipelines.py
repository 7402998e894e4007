"""Build, test and push in CI with okamochi: no privileged daemon, the cache kept between runs."""

from okamochi.model.lock import Lock
from okamochi.model.plan import Plan
from okamochi.render.rendering import Language, RenderedFile, Rendering

__all__ = ["GithubActionsRenderer", "GitlabCiRenderer"]

GITHUB = """\
# {head}
name: image
on:
  push:
    branches: [main]
  pull_request: {{}}
permissions:
  contents: read
jobs:
  image:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - uses: actions/cache@v4
        with:
          path: ~/.cache/okamochi
          key: okamochi-${{{{ hashFiles('okamochi.lock') }}}}
          restore-keys: okamochi-
      # {install}
      - run: pip install okamochi
      # {locked}
      - run: okamochi build --locked --to layout:image .
      - uses: actions/upload-artifact@v4
        with:
          name: image
          path: image
"""
GITLAB = """\
# {head}
image:
  image: python:3.13-slim
  variables:
    XDG_CACHE_HOME: $CI_PROJECT_DIR/.cache
  cache:
    key:
      files: [okamochi.lock]
    paths: [.cache]
  script:
    # {install}
    - pip install okamochi
    # {locked}
    - okamochi build --locked --to layout:image .
  artifacts:
    paths: [image]
"""
WORDS = {
    Language.ENGLISH: {
        "head": "Written by okamochi: the image of {name}, without a Docker daemon.",
        "install": "a git address serves as well",
        "locked": "exactly what okamochi.lock says; fails when it does not fit",
    },
    Language.JAPANESE: {
        "head": "okamochi が書き出したファイル。Docker デーモンなしで {name} のイメージを作る。",
        "install": "git の URL でもよい",
        "locked": "okamochi.lock のとおりに作る。合わなければ失敗する",
    },
}


def filled(template: str, plan: Plan, language: Language) -> bytes:
    words = {key: text.format(name=plan.name) for key, text in WORDS[language].items()}
    return template.format(**words).encode()


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
