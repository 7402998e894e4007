""".env.sample: what the code reads from its environment, generated, so that it cannot grow stale."""

from okamochi.model.lock import Lock
from okamochi.model.plan import Plan
from okamochi.model.process import CANNOT_GO_ON, EnvironmentVariable, VariableKind
from okamochi.render.rendering import Language, RenderedFile, Rendering

__all__ = ["OPTIONAL", "REQUIRED", "EnvSampleRenderer"]

HEAD = (
    "Every variable that the code reads. Copy it to .env, which stays out of version control.",
    "コードが読む環境変数の一覧です。.env にコピーして使い、.env はバージョン管理に入れないでください。",
)
REQUIRED = ("required", "必須")
OPTIONAL = ("optional", "任意")
NEEDED = ("not needed to start, but where it is read", "起動には不要だが、読む箇所では必要")
SECRET = ("a secret", "秘密の値")
GENERATED = (
    "a secret; okamochi up makes one up when it is not given",
    "秘密の値。なければ okamochi up が作る",
)
KEY_FILE = (
    "the path of a key file, for okamochi up; docker compose takes the file itself as secrets/{name}",
    "鍵ファイルのパス（okamochi up 用）。docker compose ではファイル自体を secrets/{name} に置く",
)
SERVED = ("okamochi up sets it: the address of {name}", "okamochi up が設定: {name} の接続先")


class EnvSampleRenderer:
    target = "env-sample"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        """No value of a secret is ever in it; what is optional is commented out."""
        lines = [f"# {HEAD[language is Language.JAPANESE]}"]
        for variable in sorted(plan.environment, key=lambda one: (not one.required, one.name)):
            lines += ["", *_entry(plan, variable, language)]
        content = "\n".join([*lines, ""]).encode()
        return Rendering(files=(RenderedFile(path=".env.sample", content=content),))


def _entry(plan: Plan, variable: EnvironmentVariable, language: Language) -> tuple[str, ...]:
    index = int(language is Language.JAPANESE)
    served = _serving(plan, variable.name)
    places = next((one.evidence for one in plan.decisions if one.field == f"environment.{variable.name}"), ())
    needed = any(one.reason.startswith(CANNOT_GO_ON) for one in places)
    words = [(REQUIRED if variable.required else NEEDED if needed and not served else OPTIONAL)[index]]
    if served:
        words.append(SERVED[index].format(name=served))
    elif variable.holds_path:
        words.append(KEY_FILE[index].format(name=variable.name))
    elif variable.kind is not VariableKind.PLAIN:
        words.append((GENERATED if variable.kind is VariableKind.GENERATED else SECRET)[index])
    where = f" ({places[0].path}:{places[0].line})" if places else ""
    given = variable.required and not served and variable.kind is not VariableKind.GENERATED
    default = variable.default or ""
    shown = default if default.isprintable() else ""
    return (f"# {', '.join(words)}{where}", f"{'' if given else '# '}{variable.name}={shown}")


def _serving(plan: Plan, name: str) -> str:
    """The service whose address the variable holds; "" for none."""
    for service in plan.services:
        if any(one.name == name for one in service.variables):
            return service.name
    return ""
