"""The comments of a rendered Dockerfile, in English and in Japanese: why a line is there."""

from typing import Final

from okamochi.render.rendering import Language

__all__ = ["said"]

# fmt: off
WORDS: Final[dict[str, tuple[str, str]]] = {
    "head": (
        "Written by okamochi render dockerfile from the plan of {name}; edits are kept by the next render.\n"
        "Build it:   docker build -t {name} .     (or: buildah build -t {name} .)\n"
        "Is it still the image of okamochi build?   okamochi render dockerfile --prove",
        "okamochi render dockerfile が {name} の計画から書き出したファイル。手で直しても次の render で残る。\n"
        "ビルド: docker build -t {name} .   （または buildah build -t {name} .）\n"
        "okamochi build のイメージと同じままか確かめる: okamochi render dockerfile --prove",
    ),
    "base": (
        "What runs at the end: Python and the libraries that the app loads, nothing that builds.\n"
        "Rebuild with --pull now and then: that is how security updates of the base arrive.",
        "実行時の土台。Python とアプリが使うライブラリだけで、ビルド用のものは入れない。\nときどき --pull を付けてビルドし直す。土台のセキュリティ更新はそれで届く。",
    ),
    "libraries": (
        "Libraries and fonts that the app loads. Without recommended packages; the lists are of no use later.",
        "アプリが使うライブラリとフォント。推奨パッケージは入れず、一覧も残さない。",
    ),
    "debian": (
        "The same Debian packages as okamochi's own image.",
        "okamochi のイメージと同じ Debian パッケージ。",
    ),
    "builder": (
        "Dependencies, exactly as locked: every file's hash is checked, nothing else is installed.\n"
        "This stage may hold compilers; only /opt/venv leaves it.",
        "依存関係はロックどおり。ハッシュを検証し、それ以外は入れない。\nコンパイラがあるのはこの段だけで、持ち出すのは /opt/venv のみ。",
    ),
    "compilers": (
        "No wheel fits for {names}: what compiling from source needs, in this stage only.",
        "{names} には合う wheel がない。ソースからのビルドに要るものは、この段にだけ入れる。",
    ),
    "copied": (
        "Copied, not mounted: older buildah and podman take a step from their cache though a mount changed.",
        "マウントではなくコピーする。古い buildah と podman はマウントの変化を見ずにキャッシュを使う。",
    ),
    "pip": (
        "A cache mount keeps downloads between builds without leaving them in a layer.",
        "キャッシュマウントにより、ダウンロードはビルド間で残り、レイヤには残らない。",
    ),
    "install": (
        "Written the same way every time: no time stamps, no pip in the environment, and bytecode that is\n"
        "valid whatever the files' times (the root is read-only when it runs).",
        "毎回同じ内容になる。時刻は入らず、環境に pip は入らない。バイトコードはファイルの時刻に関係なく有効\n（実行時のルートは読み取り専用）。",
    ),
    "source": (
        "The app's files; .dockerignore says what stays out. .okamochi/ is for the build only.",
        "アプリのファイル。入れないものは .dockerignore にある。.okamochi/ はビルドにだけ使う。",
    ),
    "moved": (
        "The app writes these between its code, which is read-only: links into a volume.",
        "アプリがコードの間に書くファイル。コードは読み取り専用なので、ボリュームへのリンクにする。",
    ),
    "keys": (
        "Key files that the code opens: links to the secrets of a container.",
        "コードが開く鍵ファイル。コンテナのシークレットへのリンクにする。",
    ),
    "compile": (
        "Readable for everybody, writable for root only; bytecode as above.",
        "誰でも読めるが、書けるのは root だけ。バイトコードは上と同じ。",
    ),
    "writable": (
        "What the app may write. A new named volume takes over the owner of the folder that it covers.",
        "アプリの書き込み先。新しい名前付きボリュームは、重なるフォルダの所有者を引き継ぐ。",
    ),
    "development-packages": (
        "What development needs besides, next to production's versions. Nothing of it is shipped.",
        "開発でだけ使うもの。本番と同じ版に足すだけで、出荷はしない。",
    ),
    "development": (
        "For the desk: docker build --target development; the source is mounted over /app.",
        "開発用: docker build --target development。ソースは /app にマウントする。",
    ),
    "production": (
        "The image that is shipped. It comes last, so that a plain docker build makes it.\n"
        "Nothing is run here: no compiler, no pip, no shell line can leave anything behind.",
        "出荷するイメージ。最後にあるので、ただの docker build で作られる。\nここでは何も実行しない。コンパイラも pip も残らない。",
    ),
    "environment": (
        "PYTHONUNBUFFERED: logs appear at once. HOME is writable (/tmp). Secrets are never set here.",
        "PYTHONUNBUFFERED はログをすぐ出す。HOME は書ける場所 (/tmp)。秘密の値はここに書かない。",
    ),
    "user": (
        "A number, so that Kubernetes can check that it is not root (runAsNonRoot).",
        "数値なので Kubernetes が root でないと確認できる (runAsNonRoot)。",
    ),
    "port": (
        "Documentation: publishing is up to whoever runs it. Above 1024, so no privilege is needed.",
        "説明用。公開するかは動かす側が決める。1024 より上なので特権は要らない。",
    ),
    "stop": (
        "The server's signal for a graceful stop.",
        "サーバを穏やかに止めるシグナル。",
    ),
    "health": (
        "By Python itself: slim images have no curl. Kubernetes and ECS ignore this and ask for their own.",
        "Python だけで調べる（slim に curl はない）。Kubernetes と ECS はこれを見ず、独自の設定を使う。",
    ),
    "exec": (
        "Exec form: the server is process 1 and gets SIGTERM itself.",
        "exec 形式。サーバが PID 1 になり SIGTERM を直接受け取る。",
    ),
}
# fmt: on


def said(key: str, language: Language, **values: str) -> str:
    """Comment lines."""
    text = WORDS[key][language is Language.JAPANESE].format(**values)
    return "\n".join(f"# {line}" for line in text.splitlines())
