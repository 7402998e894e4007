"""What packages' scripts would choose, read without running them."""

from okamochi.debian.alternatives import Alternative, alternatives_of
from okamochi.debian.maintainer_scripts import remainder

NODE = """#!/bin/sh
set -e
if [ "$1" = "configure" ]; then
    update-alternatives --install /usr/bin/js js /usr/bin/nodejs 200 \\
        --slave /usr/share/man/man1/js.1.gz js.1.gz /usr/share/man/man1/nodejs.1.gz
fi
exit 0
"""
LOOP = """#!/bin/sh
for prog in compare convert; do
    update-alternatives --install /usr/bin/$prog $prog /usr/bin/$prog-im6.q16 10000
done
"""


def test_links_and_their_slaves_are_read_over_several_lines() -> None:
    assert alternatives_of([NODE]) == (
        Alternative("usr/bin/js", "usr/bin/nodejs", 200),
        Alternative("usr/share/man/man1/js.1.gz", "usr/share/man/man1/nodejs.1.gz", 200),
    )


def test_the_highest_priority_comes_first() -> None:
    low = "update-alternatives --install /usr/bin/open open /usr/bin/run-mailcap 30\n"
    high = "update-alternatives --quiet --install /usr/bin/open open /usr/bin/xdg-open 50\n"
    assert [one.path for one in alternatives_of([low, high])] == ["usr/bin/xdg-open", "usr/bin/run-mailcap"]


def test_variables_of_the_shell_are_not_guessed() -> None:
    assert alternatives_of([LOOP]) == ()


def test_a_script_of_alternatives_alone_leaves_nothing_to_review() -> None:
    assert remainder(NODE) == ()
    assert remainder("#!/bin/sh\nset -e\nldconfig\n") == ()


def test_what_a_finisher_cannot_do_is_left_for_a_person() -> None:
    assert remainder(LOOP) != ()
    assert remainder('if [ "$(uname -s)" = "Linux" ]; then\n:\nfi\n') != ()
    assert remainder("if [ -x /bin/a ]; then\n/bin/a --register\nfi\n") == ("/bin/a --register",)
    assert remainder("update-alternatives --install /a a /b 1; rm -rf /c\n") != ()
