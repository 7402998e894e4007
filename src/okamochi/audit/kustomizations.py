"""What kustomize changes in the manifests beside it, as far as an audit has to know."""

import posixpath
from collections.abc import Iterator

import msgspec

from okamochi.audit.setup import Setup, asked_once
from okamochi.containerfiles.yaml_nodes import Node, yaml_nodes
from okamochi.system.data_text import NoDataError

__all__ = ["Kustomization", "kustomizations"]

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902", "patchesJSON6902")
GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


class Kustomization(msgspec.Struct, frozen=True, kw_only=True):
    """`patches` are files with parts of objects, `patch_text` all that patches say, `generated` are (kind,
    name) of what it makes, `images` the names that it replaces. `resources` are files and folders. All paths
    are relative to the project."""

    path: str
    resources: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()
    generated: tuple[tuple[str, str], ...] = ()
    images: tuple[str, ...] = ()
    patch_text: str = ""

    def takes(self, path: str) -> bool:
        """Whether that file is one of its resources, or lies in a folder that is one."""
        return path in self.resources or posixpath.dirname(path) in self.resources


@asked_once
def kustomizations(setup: Setup) -> tuple[Kustomization, ...]:
    return tuple(found for path in setup.project.files() for found in of_file(path, setup))


def of_file(path: str, setup: Setup) -> Iterator[Kustomization]:
    if posixpath.basename(path) not in NAMES:
        return
    try:
        roots = yaml_nodes(setup.project.read_text(path) or "")
    except NoDataError:
        return
    for root in roots[:1]:
        folder = posixpath.dirname(path)
        lists = tuple(root.get(key) for key in PATCHES)
        yield Kustomization(
            path=path,
            resources=paths(folder, (root.get("resources"), root.get("bases"), root.get("components"))),
            patches=paths(folder, lists),
            patch_text="\n".join(
                (*said(lists), *(setup.project.read_text(one) or "" for one in paths(folder, lists)))
            ),
            generated=tuple(
                (kind, one.get("name").text)
                for key, kind in GENERATORS.items()
                for one in root.get(key).items
            ),
            images=tuple(one.get("name").text for one in root.get("images").items),
        )


def said(lists: tuple[Node, ...]) -> Iterator[str]:
    """The patches that stand in the kustomization itself."""
    for one in (one for found in lists for one in found.items):
        yield one.get("patch").text or (one.text if "\n" in one.text else "")


def paths(folder: str, lists: tuple[Node, ...]) -> tuple[str, ...]:
    """Of items that are a path, or have one."""
    texts = (one.get("path").text or one.text for found in lists for one in found.items)
    return tuple(
        posixpath.normpath(posixpath.join(folder, text)) for text in texts if text and "\n" not in text
    )
