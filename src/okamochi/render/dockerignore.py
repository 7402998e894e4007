""".dockerignore from the plan's ignore patterns, which are git's: the two are read differently.

https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from okamochi.model.plan import Plan
from okamochi.render.rendering import Language

__all__ = ["dockerignore", "dockerignore_pattern"]

HEAD = (
    "What stays out of the image, recursively; see okamochi plan --explain source.exclude",
    "イメージに入れないもの（再帰的）。理由は okamochi plan --explain source.exclude",
)
NEEDED = ("The build needs these; they do not enter the image.", "ビルドに要るもの。イメージには入らない。")


def dockerignore(plan: Plan, language: Language, needed: tuple[str, ...]) -> str:
    """Later lines win, as in .gitignore; `needed` are taken back at the end."""
    index = int(language is Language.JAPANESE)
    patterns = dict.fromkeys(dockerignore_pattern(pattern) for pattern in plan.source.exclude)
    lines = [f"# {HEAD[index]}", *patterns, f"# {NEEDED[index]}", *(f"!{path}" for path in needed)]
    return "\n".join(lines) + "\n"


def dockerignore_pattern(pattern: str) -> str:
    """From gitignore's form: "x/" and "x" hold at every depth, "/x" and "a/b" from the root (moby's
    patternmatcher anchors everything, and says depth by `**/`)."""
    back, body = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    body = body.rstrip("/")
    if body.startswith("/"):
        return f"{back}{body[1:]}"
    if "/" in body and not body.startswith("**/"):
        return f"{back}{body}"
    return f"{back}**/{body.removeprefix('**/')}"
