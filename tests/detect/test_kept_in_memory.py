"""Lists and dictionaries that visitors change: with several workers each visitor would see another one."""

import pytest

from okamochi.detect.source.gist import gist_of
from okamochi.detect.source.idle import idle_edit
from tests.detect.plans import FLASK_APP, decision, planned

ADD = "@app.post('/add')\ndef add():\n    {change}\n    return 'done'\n"


def app(before: str, change: str) -> dict[str, str | bytes]:
    return {"app.py": FLASK_APP + before + "\n" + ADD.format(change=change)}


@pytest.mark.parametrize(
    ("before", "change", "name"),
    [
        ("todos = []", "todos.append(request.form['todo'])", "todos"),
        ("todos: list[str] = list()", "todos.insert(0, 'a')", "todos"),
        ("users = {}", "users[request.form['name']] = request.form['password']", "users"),
        ("users = {'a': 'b'}", "del users['a']", "users"),
        ("carts = collections.defaultdict(list)", "carts[name].append(1)", "carts"),
        ("carts = {}", "if sid not in carts:\n        carts[sid] = []\n    carts[sid].append(1)", "carts"),
        ("hits = Counter()", "hits[request.remote_addr] += 1", "hits"),
        ("visits = 0", "global visits\n    visits += 1", "visits"),
        ("who = ''", "global who\n    who = request.form['name']", "who"),
        ("todos = []", "global todos\n    todos = [one for one in todos if one != 'a']", "todos"),
    ],
)
def test_one_worker_has_what_visitors_change(before: str, change: str, name: str) -> None:
    plan = planned(app(before, change))
    assert ("WEB_CONCURRENCY", "1") in plan.image_environment
    assert f"with one worker: each would have its own {name}" in decision(plan, "processes.web.argv").summary
    (warned,) = [one for one in plan.decisions if "Warning: what visitors write into" in one.summary]
    assert [(one.path, f"changes {name}," in one.reason) for one in warned.evidence] == [("app.py", True)]


def test_a_list_of_another_module() -> None:
    shop = {"app.py": FLASK_APP + "from data import todos\n" + ADD.format(change="todos.append(1)")}
    plan = planned({**shop, "data.py": "todos = []\n"})
    assert ("WEB_CONCURRENCY", "1") in plan.image_environment
    assert "WEB_CONCURRENCY" not in dict(planned(shop).image_environment)


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ("COLOURS = ['red']", "return COLOURS[0]"),
        ("todos = []", "todos = []\n    todos.append(1)"),
        ("found = []", "one = find(found)\n    one.append(2)"),
        ("cache = {}", "if key not in cache:\n        cache[key] = slow(key)\n    return cache[key]"),
        ("cache = {}", "if cache.get(key) is None:\n        cache[key] = slow(key)"),
        ("model = None", "global model\n    if model is None:\n        model = load()"),
        ("from flask import session", "session['user'] = 'a'"),
        ("plugins = []\ndef plugin(one):\n    plugins.append(one)", "pass"),
    ],
)
def test_what_every_process_may_have_leaves_their_number_alone(before: str, change: str) -> None:
    plan = planned(app(before, change))
    assert "WEB_CONCURRENCY" not in dict(plan.image_environment)
    assert not [one for one in plan.decisions if "what visitors write" in one.summary]


def test_a_setting_overrules() -> None:
    told = {"okamochi.toml": "env = { WEB_CONCURRENCY = '3' }\n", **app("todos = []", "todos.append(1)")}
    assert ("WEB_CONCURRENCY", "3") in planned(told).image_environment


@pytest.mark.parametrize("change", ["todos.append(1)", "global visits\n    visits += 1"])
def test_taking_the_line_away_is_a_change_of_the_plan(change: str) -> None:
    with_it = str(app("todos = []\nvisits = 0", change)["app.py"])
    last = change.rpartition("\n")[2].strip()
    without = with_it.replace(last, "pass")
    before, after = gist_of(with_it), gist_of(without)
    assert before != after
    assert idle_edit(before, after, lambda _: False) is None
