"""The comments of the files for a development container, in English and in Japanese."""

from typing import Final

from okamochi.render.rendering import Language

__all__ = ["said"]

# fmt: off
WORDS: Final[dict[str, tuple[str, str]]] = {
    "json": (
        "Written by okamochi render devcontainer: {name} on the Dockerfile's development stage. Open it with "
        "\"Reopen in Container\", or: devcontainer up --workspace-folder .",
        "okamochi render devcontainer が書き出したファイル（{name}、Dockerfile の development 段）。"
        "「コンテナーで再度開く」または devcontainer up --workspace-folder . で使う。",
    ),
    "uid": (
        "Files made inside belong to you: the user's number becomes that of the host's user (Linux).",
        "中で作ったファイルは自分のものになる。番号はホストのユーザに合わせる (Linux)。",
    ),
    "own": (
        "The tools and packages of the desk live in the user's home, not in the image's /opt/venv.",
        "開発用の道具とパッケージはホームに入れ、イメージの /opt/venv には触れない。",
    ),
    "install": (
        "The project's own tool installs what its lock says, and the development group with it.",
        "プロジェクト自身の道具で、ロックどおりに開発用グループも入れる。",
    ),
    "ports": ("Reachable from the host's browser and database tools.", "ホストのブラウザや DB ツールから届く。"),
    "compose": (
        "Written by okamochi render devcontainer. The desk joins the networks of ../compose.yaml, so that the\n"
        "services answer by their names. Paths are relative to the project, as ../compose.yaml comes first.",
        "okamochi render devcontainer が書き出したファイル。../compose.yaml のネットワークに入り、\n"
        "サービスには名前で届く。パスはプロジェクトのフォルダから数える（../compose.yaml が先のため）。",
    ),
    "desk": (
        "Not hardened as production is: an editor and its tools write everywhere in here.",
        "本番のような制限はない。エディタや道具が書き込むため。",
    ),
    "desk-env": (
        "Passwords for the desk, made up by initialize.sh; they stay on this machine.",
        "initialize.sh が作る開発用パスワード。このマシンの外には出ない。",
    ),
    "script": (
        "Runs on the host before the container starts: what must be there to be mounted.\n"
        "Written by okamochi render devcontainer.",
        "コンテナの起動前にホストで動く。マウントするものを用意する。\nokamochi render devcontainer が書き出したファイル。",
    ),
    "agent": (
        "The ssh agent of this session, for git inside. Elsewhere than on Linux editors forward it themselves.",
        "中の git のための ssh エージェント。Linux 以外ではエディタが転送する。",
    ),
    "secrets": (
        "Passwords of the services, made up once; the folder ignores itself in git.",
        "サービスのパスワード。一度だけ作る。フォルダは自分自身を git から外す。",
    ),
}
# fmt: on


def said(key: str, language: Language, **values: str) -> str:
    return WORDS[key][language is Language.JAPANESE].format(**values)
