"""Every rule against its cases; the pages of the rules."""

import re

import pytest

from okamochi.audit.audit import audit
from okamochi.audit.rule import Rule, edited
from okamochi.audit.rules import RULES
from tests.audit.cases import Case, all_cases

BY_NAME = {rule.name: rule for rule in RULES}


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_a_rule_speaks_where_its_case_says_and_nowhere_else(case: Case) -> None:
    assert case.title.startswith(("Caught", "Passes")), case.title
    assert case.files, "a case without files"
    findings = audit(case.setup(), [BY_NAME[case.rule]]).findings
    assert [(one.found.path, one.found.line) for one in findings] == [
        (path, line) for path, line, _ in case.expected
    ]
    for one, (_, _, part) in zip(findings, case.expected, strict=True):
        assert part in one.found.message
        assert one.found.message[0] != " " and not one.found.message.endswith(".")
        assert one.found.hint
    assert bool(findings) is case.title.startswith("Caught")
    mended = {}
    for path in {edit.path for one in findings for edit in one.found.edits}:
        edits = [edit for one in findings for edit in one.found.edits if edit.path == path]
        mended[path], left = edited(case.files[path], edits)
        assert left == ()
    assert mended == case.mended


@pytest.mark.parametrize("case", [case for case in all_cases() if case.mended], ids=str)
def test_what_is_mended_is_found_no_more(case: Case) -> None:
    after = Case(case.rule, case.title, {**case.files, **case.mended})
    found = audit(after.setup(), [BY_NAME[case.rule]]).findings
    assert [one for one in found if one.found.edits] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_a_page_a_catching_and_a_passing_case(rule: Rule) -> None:
    titles = [case.title.split()[0].rstrip(":,") for case in all_cases() if case.rule == rule.name]
    assert {"Caught", "Passes"} <= set(titles)
    assert re.fullmatch(r"[a-z]+/[a-z0-9-]+", rule.name)
    assert "\nFix: " in rule.page and "\nSee: " in rule.page
    assert rule.page.partition("\n")[0].endswith(".")


def test_no_two_rules_have_one_name_and_no_page_of_cases_is_left_over() -> None:
    assert len(BY_NAME) == len(RULES)
    assert {case.rule for case in all_cases()} == set(BY_NAME)


def test_a_page_says_in_one_paragraph_what_okamochi_does_instead() -> None:
    silent = [rule.name for rule in RULES if not rule.instead]
    # what nothing stands for: slips of the pen, and settings of one's own cluster
    assert len(silent) < len(RULES) / 4, silent
    assert BY_NAME["user/root"].instead == "`USER 10001:10001`, files of root, no capability"
    for rule in RULES:
        assert rule.page.count("Okamochi: ") == bool(rule.instead), rule.name
        if rule.instead:
            assert rule.page.index("\nFix: ") < rule.page.index("\nOkamochi: ") < rule.page.index("\nSee: ")
