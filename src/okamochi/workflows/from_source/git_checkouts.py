"""A git address at one commit, as an archive of its files. Nothing of the repository is executed, neither
hooks nor filters; credentials come from where git has them (netrc, helpers, ssh)."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from okamochi.build.git_tags import next_version
from okamochi.errors import PlanError, RegistryError
from okamochi.pypi.direct_references import without_credentials
from okamochi.pypi.requirement_line import expanded
from okamochi.system.process import Completed
from okamochi.system.world import World
from okamochi.workflows.from_source.packed_source import packed_folder

__all__ = ["PLACE", "git_checkout", "git_source"]

COMMIT = re.compile(r"[0-9a-f]{40}")
REFERENCE = re.compile(r"[A-Za-z0-9][\w./+-]*")
# an "@" before the path is of who logs in: ssh://git@host/lib.git
PLACE = re.compile(r"git\+(?P<url>(?:https?|ssh|file|git)://[^/]*/.+?)(?:@(?P<ref>[^@/:]+(?:/[^@/:]+)*))?")
TIMEOUT_SECONDS = 600
KIND = "git-checkouts"
# Options before the command: neither the repository nor a template makes git start a program.
SAFE = (
    *("-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "core.fsmonitor=false"),
    *("-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main", "-c", "core.symlinks=true"),
)
HINT = "check the address, the name of the branch or tag, and that git can reach it from this machine"


@dataclass(frozen=True, slots=True)
class GitSource:
    """`url` may hold variables and credentials; `place` is what a lock may hold of it."""

    url: str
    reference: str
    subdirectory: str

    def at(self, commit: str) -> str:
        parts = urlsplit(self.url)
        # "git@" is how everybody logs in by ssh; another user or a password is nobody's business
        user = "git@" if parts.scheme == "ssh" and parts.username == "git" and not parts.password else ""
        host = parts.netloc.rpartition("@")[2]
        bare = parts._replace(netloc=f"{user}{host}", query="", fragment="").geturl()
        inside = f"#subdirectory={self.subdirectory}" if self.subdirectory else ""
        return f"git+{bare}@{commit}{inside}"


@dataclass(frozen=True, slots=True)
class GitCheckout:
    """`sha256` is of the archive in the cache; `version` is what the nearest tag says, for packages that take
    theirs from tags."""

    commit: str
    sha256: str
    version: str = ""


def git_source(place: str, where: str) -> GitSource:
    """PlanError for an address that is none."""
    address, _, fragment = place.partition("#")
    found = PLACE.fullmatch(address)
    inside = fragment.removeprefix("subdirectory=") if fragment.startswith("subdirectory=") else ""
    wrong = inside.startswith("/") or ".." in inside.split("/")
    if found is None or wrong or (found["ref"] and REFERENCE.fullmatch(found["ref"]) is None):
        raise PlanError(
            f"this is no git address that can be fetched: {without_credentials(place)[:160]}",
            where=where,
            hint=HINT,
        )
    return GitSource(found["url"], found["ref"] or "HEAD", inside)


def git_checkout(world: World, source: GitSource, *, stem: str, where: str) -> GitCheckout:
    """Fetches the commit that the reference names now. RegistryError when git cannot."""
    key = source.at(source.reference)
    if COMMIT.fullmatch(source.reference) and (known := recorded(world, key)) is not None:
        return known
    if world.offline:
        raise RegistryError(
            f"{without_credentials(key)} is not in the cache, and the network is not to be used",
            where=where,
            hint="build once without --offline",
        )
    with world.cache.temporary() as folder:
        checkout = Git(world, folder / "source", where).fetched(source, stem)
    world.cache.put_record(KIND, source.at(checkout.commit), f"{checkout.sha256} {checkout.version}".encode())
    return checkout


def recorded(world: World, key: str) -> GitCheckout | None:
    content = world.cache.record(KIND, key)
    sha256, _, version = (content or b"").decode().partition(" ")
    if not sha256 or world.cache.blob(sha256) is None:
        return None
    return GitCheckout(key.partition("#")[0].rpartition("@")[2], sha256, version)


def without_login(url: str, environ: Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The address, and what lets git log in there. git hands an address on as an argument, which everybody on
    the machine can read; so a password, or what a variable holds in its place, goes by the environment. A
    plain user is whom git asks its helpers for."""
    written, whole = urlsplit(url), urlsplit(expanded(url, environ))
    is_secret = written.password is not None or "$" in (written.username or "")
    if whole.scheme not in ("http", "https") or not whole.username or not is_secret:
        return whole.geturl(), ()
    host = whole.netloc.rpartition("@")[2]
    login = f"{unquote(whole.username)}:{unquote(whole.password or '')}"
    header = f"Authorization: Basic {b64encode(login.encode()).decode()}"
    setting = (f"http.{whole.scheme}://{host}/.extraHeader", header)
    return whole._replace(netloc=host).geturl(), (setting,)


@dataclass(frozen=True, slots=True)
class Git:
    """git, working in a folder of its own; `settings` are for it alone."""

    world: World
    folder: Path
    where: str
    settings: tuple[tuple[str, str], ...] = ()

    def run(self, *arguments: str) -> Completed:
        environment = {
            name: value for name, value in self.world.environ.items() if not name.startswith("GIT_")
        }
        for name in ("GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_CONFIG_GLOBAL", "GIT_SSL_CAINFO"):
            if name in self.world.environ:
                environment[name] = self.world.environ[name]
        environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
        environment["GIT_CONFIG_COUNT"] = str(len(self.settings))
        for number, (name, value) in enumerate(self.settings):
            environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        return self.world.runner.run(
            ("git", *SAFE, *arguments), env=environment, cwd=self.folder, timeout_seconds=TIMEOUT_SECONDS
        )

    def must(self, *arguments: str) -> Completed:
        completed = self.run(*arguments)
        if not completed.ok:
            last = [without_credentials(line) for line in completed.error_text.splitlines() if line.strip()][
                -4:
            ]
            # what follows upon git's first line is advice
            reason = next((line for line in last if not line.startswith("warning:")), "it tells no reason")
            raise RegistryError(
                f"git could not fetch what is asked for: {reason.removeprefix('fatal: ')[:200]}",
                where=self.where,
                hint=HINT,
                details=tuple(last),
            )
        return completed

    def fetched(self, source: GitSource, stem: str) -> GitCheckout:
        self.folder.mkdir()
        url, settings = without_login(source.url, self.world.environ)
        return replace(self, settings=settings).fetched_from(url, source, stem)

    def fetched_from(self, url: str, source: GitSource, stem: str) -> GitCheckout:
        self.must("init", "--quiet", ".")
        # plain file servers give no part of a history
        if any(
            self.run("fetch", "--quiet", *depth, "--", url, source.reference).ok
            for depth in (("--depth", "1"), ())
        ):
            commit = self.must("rev-parse", "--verify", "FETCH_HEAD^{commit}").text
        else:  # a short commit, or a server that gives only branches and tags
            self.must("fetch", "--quiet", "--tags", "--", url, "+refs/heads/*:refs/remotes/origin/*")
            commit = self.must("rev-parse", "--verify", f"{source.reference}^{{commit}}").text
        self.must("checkout", "--quiet", "--force", "--detach", commit)
        if (self.folder / ".gitmodules").is_file():
            self.must("remote", "add", "origin", url)
            self.must("submodule", "--quiet", "update", "--init", "--recursive", "--depth", "1")
        version = self.version_of_tags(url) if self.takes_tags(source) else ""
        inside = self.folder / source.subdirectory
        outside = not inside.resolve().is_relative_to(self.folder.resolve())  # by a link above it
        if outside or inside.is_symlink() or not inside.is_dir():
            raise PlanError(
                f"the repository has no folder {source.subdirectory}",
                where=self.where,
                hint="correct what stands behind #subdirectory=",
            )
        return GitCheckout(commit, packed_folder(self.world, inside, stem, where=self.where), version)

    def takes_tags(self, source: GitSource) -> bool:
        from okamochi.pypi.manifests.package_facts import read_package
        from okamochi.system.project_files import DiskProject

        facts = read_package(DiskProject(self.folder), source.subdirectory)
        return facts is not None and facts.from_tags

    def version_of_tags(self, url: str) -> str:
        """As setuptools-scm counts: the tag's, or the next after it when there are commits since."""
        if not self.run("fetch", "--quiet", "--tags", "--unshallow", "--filter=tree:0", "--", url).ok:
            self.run("fetch", "--quiet", "--tags", "--", url)
        described = self.run("describe", "--tags", "--long", "--match", "*[0-9]*").text
        return next_version(described)
