"""Build, test and push in CI with okamochi: no privileged daemon, the cache kept between runs."""

from typing import Final

import msgspec
from packaging.requirements import Requirement

from okamochi import __version__
from okamochi.model.lock import Lock
from okamochi.model.plan import Plan
from okamochi.render.project_tools import project_tool
from okamochi.render.rendering import Language, RenderedFile, Rendering
from okamochi.render.requirements_lock import locked_wheels

__all__ = ["PIPELINES", "apt_command", "test_commands"]

# The actions are named by the commit of a release: a tag can be moved by whoever takes over its repository.
GITHUB: Final = """\
# {head}
name: image
on:
  push:
    branches: [main, master]
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
{github_native}      # {own}
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
      - run: pip install "$OKAMOCHI"
        env:
          OKAMOCHI: ${{{{ vars.OKAMOCHI || 'okamochi>={okamochi}' }}}}
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
{gitlab_native}    # {own}
    - {install}
    - {test}
build-image:
  stage: build
  image: python:3.13-slim
  variables:
    # {address}
    OKAMOCHI: "okamochi>={okamochi}"
    OKAMOCHI_CACHE_DIR: $CI_PROJECT_DIR/.cache/okamochi
  # {cache}
  cache:
    key:
      files: [okamochi.lock]
    paths: [.cache/okamochi]
  script:
    - pip install "$OKAMOCHI"
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
    "checkout": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "python": "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
    "actions_cache": "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5",
}
WORDS: Final = {
    Language.ENGLISH: {
        "head": "Written by okamochi render: test {name}, build its image without a Docker daemon, push it.",
        "own": "the project's own tool, by its lock",
        "packages": "the registry of this repository",
        "cache": "okamochi's cache: what did not change is neither downloaded nor made again",
        "address": "a CI variable OKAMOCHI names another place: okamochi @ https://.../archive/COMMIT.tar.gz",
        "native": "libraries that the app loads, as its image has them",
        "drift": "fails when rendered files no longer say what the plan says",
        "locked": "exactly what okamochi.lock says; fails when it does not fit",
        "push": "sends only the layers that the registry lacks",
    },
    Language.JAPANESE: {
        "head": "okamochi render による。{name} をテストし、Docker デーモンなしで作って送る。",
        "own": "プロジェクト自身の道具で、ロックどおりに入れる",
        "packages": "このリポジトリのレジストリ",
        "cache": "okamochi のキャッシュ。変わらないものは取り直さず、作り直さない",
        "address": "別の場所から入れるなら CI の変数 OKAMOCHI に: okamochi @ https://.../archive/COMMIT.tar.gz",
        "native": "アプリが読み込むライブラリ（イメージと同じもの）",
        "drift": "書き出したファイルが計画とずれたら失敗する",
        "locked": "okamochi.lock のとおりに作る。合わなければ失敗する",
        "push": "レジストリにないレイヤだけを送る",
    },
}


def filled(template: str, plan: Plan, language: Language, lock: Lock | None) -> bytes:
    words = {key: text.format(name=plan.name) for key, text in WORDS[language].items()}
    install, test = test_commands(plan)
    native = apt_command(plan, lock)
    steps = {"github_native": "", "gitlab_native": ""}
    if native:
        said, sudo = f"# {words['native']}\n", native.replace("apt-get", "sudo apt-get")
        steps["github_native"] = f"      {said}      - run: {sudo}\n"
        steps["gitlab_native"] = f"    {said}    - {native}\n"
    facts = {"version": plan.python_version, "okamochi": __version__, "install": install, "test": test}
    return template.format(**words, **ACTIONS, **facts, **steps).encode()


def test_commands(plan: Plan) -> tuple[str, str]:
    """What installs the project with its tests' needs, and what runs them."""
    tool = project_tool(plan)
    get = (f"pip install {tool.package}",) if tool.package else ()
    declared = any(Requirement(one).name.lower() == "pytest" for one in plan.development.specifiers)
    pytest = () if declared or not tool.with_pytest else (tool.with_pytest,)
    installed = " && ".join((*get, *tool.install, *pytest))
    if tool.package == "uv" and not tool.run:
        installed = installed.replace("uv pip install", "uv pip install --system")
    run = f"{tool.run}--with pytest " if tool.run == "uv run " and not declared else tool.run
    # 5: pytest found no tests, which is no failure
    return installed, f'{run}python -m pytest || [ "$?" -eq 5 ]'


def apt_command(plan: Plan, lock: Lock | None) -> str:
    """What the tests need beside Python: what the image has, and compilers for what has no wheel."""
    built = [one for one in locked_wheels(lock) if one.built_from is not None]
    needed = {package for one in built if one.built_from for package in one.built_from.packages}
    compilers = {"build-essential", "pkg-config", *needed} if built else set()
    packages = sorted({*plan.base.packages, *compilers})
    if not packages:
        return ""
    return f"apt-get update && apt-get install --yes --no-install-recommends {' '.join(packages)}"


class PipelineRenderer(msgspec.Struct, frozen=True):
    """One file for a code host, which its template says."""

    target: str
    path: str
    template: str

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        content = filled(self.template, plan, language, lock)
        return Rendering(files=(RenderedFile(path=self.path, content=content),))


PIPELINES = (
    PipelineRenderer("github-actions", ".github/workflows/image.yml", GITHUB),
    PipelineRenderer("gitlab-ci", ".gitlab-ci.yml", GITLAB),
)
