"""Names, labels and comments of rendered Kubernetes objects."""

import re

from okamochi.model.plan import Plan
from okamochi.model.process import Process, ProcessType
from okamochi.render.rendering import sayer
from okamochi.render.yaml_text import Node

__all__ = ["app_name", "component", "labels", "literal", "metadata", "say", "selector"]


MOST_NAME = 40
"""What okamochi and Kubernetes add at the end must fit into 63 characters."""
WORDS: dict[str, tuple[str, str]] = {
    "restricted": (
        "the strictest of the Pod Security Standards, and every pod here meets it",
        "Pod Security Standards の最も厳しい水準。ここのすべての Pod が満たす",
    ),
    "one": (
        "one pod: its volume, or the sessions in its memory, belong to one at a time",
        "Pod は一つだけ。ボリューム、またはメモリ上のセッションを共有できない",
    ),
    "together": (
        "all pods on one node: they share a volume that one node mounts",
        "一つのノードにしか付けられないボリュームを共有するため、同じノードに置く",
    ),
    "aside": (
        "not started: the author keeps these workers aside. kubectl scale --replicas=1 starts them",
        "既定では起動しない（kubectl scale --replicas=1 で起動）",
    ),
    "recreate": ("the old one ends before the new one starts", "古い Pod が終わってから新しい Pod を始める"),
    "rolling": (
        "a new pod is ready before an old one ends",
        "新しい Pod の準備ができてから古い Pod を止める",
    ),
    "release": (
        "migrations, under a lock in the database: of pods that start together one migrates, the others wait",
        "マイグレーション。データベースのロックにより、同時に起動しても一つだけが実行する",
    ),
    "fill": (
        "an empty volume begins with what the image has in its place",
        "空のボリュームにはイメージ内の内容を写す",
    ),
    "init": ("reaps what the worker leaves behind", "ワーカーが残した子プロセスを回収する"),
    "links": (
        "else every service of the namespace becomes variables such as WEB_PORT=tcp://...",
        "無効にしないと WEB_PORT=tcp://... のような変数が注入される",
    ),
    "startup": (
        "healthy, and the database is at this code's schema; until then the others do not count",
        "応答し、かつスキーマが最新であること。それまで他の検査は始まらない",
    ),
    "liveness": (
        "the port alone: a database that is away must not restart the app",
        "ポートだけを見る。データベースの停止でアプリを再起動させない",
    ),
    "sleep": (
        "the port stays open until load balancers know that the pod ends",
        "ロードバランサが Pod の終了を知るまで待つ",
    ),
    "grace": ("the pause before, and the server's own stop", "待ち時間とサーバ自身の停止時間の合計"),
    "memory": ("in memory, and part of the memory limit", "メモリ上に置かれ、メモリ制限に含まれる"),
    "cpu": (
        "of the CPU only: memory of a server with workers does not fall when there is less to do",
        "CPU だけで判断する（ワーカー型サーバのメモリは減らない）",
    ),
    "mode": ("0440: the pod's group may read them, nobody else", "0440。Pod のグループだけが読める"),
    "volume": ("outlives pods; its size is yours to choose", "Pod より長生きする。容量は自分で決める"),
    "egress": (
        "name service, the services that the code names, and HTTPS; add what else the app calls",
        "DNS、検出されたサービス、HTTPS のみ。他の宛先はここに足す",
    ),
    "optional": ("made by hand, if at all, with any of {names}", "任意。{names} のうち必要なものを手で作る"),
    "proxies": (
        "only pods of this cluster reach the app (network-policy.yaml), so its proxy speaks from these",
        "クラスタ内からしか届かないので、プロキシはこの範囲にいる",
    ),
}

say = sayer(WORDS)


def literal(text: str) -> str:
    """The text itself for Kubernetes, which takes $(NAME) for a variable."""
    return text.replace("$(", "$$(")


def label(text: str) -> str:
    """Of letters, digits and hyphens, beginning with a letter (RFC 1035), as names of services are."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower())[:MOST_NAME].strip("-")
    return plain if plain[:1].isalpha() else f"app-{plain}".rstrip("-")


def app_name(plan: Plan) -> str:
    return label(plan.name)


def component(plan: Plan, process: Process) -> str:
    """The name of a process's objects; web has the app's own."""
    return (
        app_name(plan) if process.type is ProcessType.WEB else f"{app_name(plan)}-{label(process.name)}"[:56]
    )


def selector(plan: Plan, process: Process) -> Node:
    return {"app.kubernetes.io/name": app_name(plan), "app.kubernetes.io/component": label(process.name)}


def labels(plan: Plan) -> Node:
    return {"app.kubernetes.io/name": app_name(plan)}


def metadata(plan: Plan, name: str, process: Process | None = None) -> Node:
    return {"name": name, "labels": selector(plan, process) if process is not None else labels(plan)}
