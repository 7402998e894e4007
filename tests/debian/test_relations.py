from okamochi.debian.control import parse_stanza, parse_stanzas
from okamochi.debian.relations import Relation, parse_relations


def test_alternatives_and_versions_are_understood_without_qualifiers() -> None:
    text = "libc6 (>= 2.38), debconf (>= 0.5) | debconf-2.0, python3:any, x [amd64 arm64] <!nocheck>"
    assert parse_relations(text) == (
        (Relation("libc6", ">=", "2.38"),),
        (Relation("debconf", ">=", "0.5"), Relation("debconf-2.0")),
        (Relation("python3"),),
        (Relation("x"),),
    )


def test_empty_and_broken_relations_are_left_out() -> None:
    assert parse_relations(", Bad_Name,, ok") == ((Relation("ok"),),)


def test_stanzas_keep_their_continuation_lines() -> None:
    stanza = parse_stanza("Package: a\n# comment\nDescription: short\n long\n .\nVersion: 1")
    assert stanza == {"package": "a", "description": "short\nlong\n.", "version": "1"}


def test_blank_lines_separate_stanzas() -> None:
    assert [one["package"] for one in parse_stanzas("\n\nPackage: a\n\n \nPackage: b\n")] == ["a", "b"]
