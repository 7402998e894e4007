"""Which wheels share a layer, and which code files: what comes or goes moves nothing else."""

from dataclasses import dataclass
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from okamochi.build.app_layers import MOST_SHARES, ROOM_FOR_SHARES, room_for_shares, shares_of
from okamochi.build.grouping import GROUPS, MOST_LAYERS, most_alone, wheel_groups
from okamochi.model.lock import LockedWheel
from okamochi.oci.entry import Entry, file
from okamochi.pypi.wheel_tree import WheelTree


@dataclass(frozen=True)
class SizedTree:
    """What grouping looks at."""

    wheel: LockedWheel
    size_bytes: int


def tree(name: str, size_bytes: int = 1000) -> WheelTree:
    wheel = LockedWheel(name=name, version="1", filename=f"{name}-1-py3-none-any.whl", sha256="0" * 64)
    return cast(WheelTree, cast(Any, SizedTree(wheel, size_bytes)))


def groups(*trees: WheelTree) -> list[tuple[str, ...]]:
    return [tuple(each.wheel.name for each in group) for group in wheel_groups(trees)]


names = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
projects = st.dictionaries(names, st.sampled_from((10, 50_000, 3_000_000, 30_000_000)))
belows = st.sampled_from((1, 7, 60))


def test_few_wheels_stand_alone_by_name_and_of_many_the_largest() -> None:
    assert groups(tree("zope"), tree("numpy", 9_000_000)) == [("numpy",), ("zope",)]
    count = most_alone(1)
    many = [tree(f"small{number}") for number in range(count + 3)]
    found = groups(tree("numpy", 9_000_000), tree("tiny", 1), *many)
    assert found[0] == ("numpy",) and all(len(group) == 1 for group in found[:count])
    assert any("tiny" in group for group in found[count:])


@given(projects, belows)
def test_every_wheel_is_in_one_group_and_the_layers_are_few(sizes: dict[str, int], below: int) -> None:
    trees = [tree(name, size) for name, size in sizes.items()]
    found = [[each.wheel.name for each in group] for group in wheel_groups(trees, below=below)]
    assert sorted(name for group in found for name in group) == sorted(sizes)
    kit, app = 1, 1 + MOST_SHARES
    room = MOST_LAYERS - below - kit - app
    assert len(found) <= max(room, GROUPS + 2)


@given(projects, st.sampled_from(ROOM_FOR_SHARES))
def test_layers_that_the_app_leaves_free_are_the_wheels(sizes: dict[str, int], shares: int) -> None:
    trees = [tree(name, size) for name, size in sizes.items()]
    found = wheel_groups(trees, shares=shares)
    below, kit, large_files = 1, 1, 1
    assert below + len(found) + kit + large_files + shares <= MOST_LAYERS
    alone = [group for group in found if len(group) == 1]
    assert len(alone) >= min(len(trees), MOST_LAYERS - below - kit - large_files - shares - GROUPS)


def test_a_small_app_leaves_a_layer_to_each_of_thirty_wheels() -> None:
    shares = room_for_shares([code("app/a.py", 900), code("app/b.py", 900)])
    assert shares == 1
    trees = [tree(f"wheel{number}") for number in range(30)]
    assert len(wheel_groups(trees, shares=shares)) == 30


@given(projects)
def test_the_order_of_the_wheels_makes_no_difference(sizes: dict[str, int]) -> None:
    forward = [tree(name, size) for name, size in sizes.items()]
    assert groups(*forward) == groups(*reversed(forward))


@given(st.sets(names, min_size=30), names, st.sampled_from((10, 9_000_000)))
def test_one_more_wheel_changes_its_own_layer_and_one_other_at_most(
    there: set[str], added: str, size: int
) -> None:
    before = groups(*(tree(name) for name in there - {added}))
    after = groups(*(tree(name) for name in there - {added}), tree(added, size))
    assert len([group for group in after if group not in before]) <= 2


paths = st.lists(st.from_regex(r"app/[a-z]{1,6}\.py", fullmatch=True), unique=True)


def code(path: str, size: int) -> Entry:
    return file(path, "app", b"#" * size)


@given(paths, st.sampled_from((100, 30_000)))
def test_code_is_shared_out_whole_over_few_layers(found: list[str], size: int) -> None:
    shares = shares_of([code(path, size) for path in found])
    assert sorted(entry.path for share in shares for entry in share) == sorted(found)
    assert len(shares) <= MOST_SHARES
    assert all(shares)


def test_an_edited_file_changes_one_share_of_a_big_code_base() -> None:
    before = [code(f"app/module{number}.py", 5000) for number in range(100)]
    edited = [code("app/module7.py", 5001), *before[:7], *before[8:]]
    sizes = [sorted((entry.path, entry.size_bytes) for entry in share) for share in shares_of(before)]
    changed = [
        share
        for share in shares_of(edited)
        if sorted((entry.path, entry.size_bytes) for entry in share) not in sizes
    ]
    assert (len(sizes), len(changed)) == (MOST_SHARES, 1)
