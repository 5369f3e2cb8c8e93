"""The deny rules: gitignore's own meaning, towards denying more, and nothing that a rename could talk around."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from seawall.security.jail import PathRules
from seawall.security.jail._secret_names import SECRET_NAMES

BUILT_IN = PathRules.compile()


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "deep/down/.env",
        ".env.production",
        ".ENV.Local",
        "prod.env",
        ".env~",
        ".env.bak",
        "prod.env.old",
        ".prod.env.swp",
        "server.pem~",
        "server.pem.bak",
        ".server.pem.swo",
        "id_rsa.old",
        ".id_ed25519.swp",
        ".netrc.save",
        "secrets.yml.orig",
        ".s3cfg",
        ".boto",
        "server.pem",
        "certs/Server.PEM",
        "tls.key",
        "store.p12",
        "store.pfx",
        "passwords.kdbx",
        "debug.keystore",
        "app.jks",
        "id_rsa",
        "home/.ssh",
        "home/.ssh/config",
        "home/.ssh/keys/deep/one",
        ".gnupg/pubring.kbx",
        ".netrc",
        "project/.npmrc",
        ".pypirc",
        ".git-credentials",
        ".aws/credentials",
        "home/.aws/credentials",
        "home/.AWS/Credentials",
        "home/.docker/config.json",
        "home/.kube/config",
        "secrets.yaml",
        "chart/secrets.yml",
        "terraform.tfstate.backup",
        ".bash_history",
        ".config/gcloud/anything",
        ".git/config",
        "sub/.git/hooks/pre-commit",
        ".git/modules/a/b/config",
        ".\u017fsh/key",  # a long s folds to s
        "\u212aey.\u212aey",  # a Kelvin sign folds to k
    ],
)
def test_secret_bearing_names_are_denied(path: str) -> None:
    """The built-in list holds at any depth and in any case."""
    assert BUILT_IN.denies(path, directory=False)


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "README.md",
        ".env.example",
        "example.env",
        "env",
        "notes.bak",
        "server.crt.bak",
        "keyboard.old",
        ".env.sample",
        ".env.template",
        "environment.py",
        "id_rsa.pub",
        "id_ed25519.pub",
        "keyboard.py",
        "pem.txt",
        ".envoy/config.yaml",
        "credentials",
        "config.json",
        ".aws/README",
        "docker/config.json",
        ".git/HEAD",
        ".github/workflows/ci.yml",
        "secrets.py",
        "kube/config",
        "history",
    ],
)
def test_ordinary_names_are_not(path: str) -> None:
    """What merely resembles a secret's name stays readable."""
    assert not BUILT_IN.denies(path, directory=False)


@pytest.mark.parametrize(
    ("patterns", "path", "denied"),
    [
        (["*.sql"], "a/b/dump.sql", True),
        (["*.sql"], "dump.sql/inside", True),
        (["/top"], "top", True),
        (["/top"], "a/top", False),
        (["a/b"], "a/b/c", True),
        (["a/b"], "x/a/b", False),
        (["**/a/b"], "x/y/a/b", True),
        (["**/a/b"], "a/b", True),
        (["a/**"], "a", False),
        (["a/**"], "a/b/c", True),
        (["a/**/z"], "a/z", True),
        (["a/**/z"], "a/b/c/z/d", True),
        (["a/**/z"], "b/a/z", False),
        (["a/*/z"], "a/b/z", True),
        (["a/*/z"], "a/b/c/z", False),
        (["file?.txt"], "file1.txt", True),
        (["file?.txt"], "file.txt", False),
        (["[a-c]x"], "bx", True),
        (["[!a-c]x"], "bx", False),
        (["[^a-c]x"], "dx", True),
        ([r"\*x"], "*x", True),
        ([r"\*x"], "ax", False),
        ([r"\!x"], "!x", True),
        ([r"\#x"], "#x", True),
        (["x "], "x", True),
        ([r"x\ "], "x ", True),
        (["x.y"], "xzy", False),
        (["*.log", "!keep.log"], "keep.log", False),
        (["*.log", "!keep.log"], "a/drop.log", True),
        (["!keep.log", "*.log"], "keep.log", True),
        (["logs", "!logs/keep"], "logs/keep", True),
        (["logs/*", "!logs/keep"], "logs/keep/x", False),
        (["!.env"], ".env", False),
        (["ÄRGER"], "ärger", True),
        (["a\u0308"], "ä", True),
        (["straße"], "STRASSE", True),
    ],
)
def test_patterns_mean_what_gitignore_says(patterns: list[str], path: str, denied: object) -> None:
    """Anchors, stars, classes, escapes and negation, over the built-in rules."""
    assert PathRules.compile(patterns).denies(path) is denied


def test_a_trailing_slash_is_for_directories_but_denies_what_is_unknown() -> None:
    """`build/` leaves a file of that name alone only when it is known to be one."""
    rules = PathRules.compile(["build/"])
    assert rules.denies("build")
    assert rules.denies("build", directory=True)
    assert not rules.denies("build", directory=False)
    assert rules.denies("build/x", directory=False)


@pytest.mark.parametrize(
    "pattern", ["", " ", "/", "//", "#x", "!", "!/", "a\0", "[", "a[b", "[[:digit:]]", "[z-a]x", "x\\"]
)
def test_a_pattern_that_denies_nothing_is_refused(pattern: str) -> None:
    """A rule that would silently protect nothing is an error that names it."""
    with pytest.raises(ValueError, match="the pattern"):
        PathRules.compile([pattern])


_SEGMENT = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", "?", "**", "[ab]", "a*b", ".x"])
_PATTERN = st.builds(
    lambda lead, segments: lead + "/".join(segments),
    st.sampled_from(["", "/", "**/"]),
    st.lists(_SEGMENT, min_size=1, max_size=4),
)
_PATH = st.lists(st.sampled_from(["a", "b", "ab", "aab", "c", ".x"]), min_size=1, max_size=5).map("/".join)


@given(patterns=st.lists(_PATTERN, min_size=1, max_size=4), path=_PATH)
def test_denies_whatever_another_implementation_ignores(patterns: list[str], path: str) -> None:
    """For patterns without negation the answer is that of pathspec's gitignore, file by file."""
    spec = GitIgnoreSpec.from_lines(patterns)
    names = path.split("/")
    expected = any(spec.match_file("/".join(names[:end])) for end in range(1, len(names) + 1))
    assert PathRules.only(patterns).denies(path, directory=False) is expected


def test_the_built_in_list_is_sound() -> None:
    """Every entry is there once, and none is made useless by a later one."""
    assert len(set(SECRET_NAMES)) == len(SECRET_NAMES)
    for pattern in SECRET_NAMES:
        if not pattern.startswith("!"):
            example = pattern.replace("**/", "x/").replace("*", "y").replace("[a-p]", "p")
            assert BUILT_IN.denies(example), pattern


@pytest.mark.parametrize(
    ("patterns", "source", "target", "same"),
    [
        ([], "x", "y", True),
        ([], "x", "d/y", True),
        ([], "x/.aws", "x/aws", False),
        ([], "x/aws", "x/.aws", False),
        ([], "x/.aws", "y/.aws", True),
        ([], ".git", "git", False),
        (["/private/keys"], "private", "public", False),
        (["/private/keys"], "public", "private", False),
        (["/private/keys"], "x", "public", True),
        (["data/**/raw"], "data/a", "data/b", True),
        (["data/**/raw"], "data/a", "a", False),
        (["*.sql"], "x", "y", True),
    ],
)
def test_a_directory_may_only_move_where_the_rules_say_the_same(
    patterns: list[str], source: str, target: str, same: object
) -> None:
    """Moving a directory neither frees what is denied below it nor plants what would be."""
    rules = PathRules.compile(patterns)
    positions = []
    for path in (source, target):
        position = rules.start
        for name in path.split("/"):
            position = position.enter(name)
        positions.append(position)
    assert positions[0].same_below(positions[1]) is same


def test_no_name_makes_a_rule_slow() -> None:
    """Stars do not multiply: a name that nearly matches many of them is judged at once (generous bound)."""
    rules = PathRules.compile(["*a*a*a*a*a*a*a*a*b", "**/a/**/a/**/a/**/a/**/b"])
    began = time.monotonic()
    assert not rules.denies("a" * 255)
    assert not rules.denies("/".join("a" * 2000))
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("pattern", ["./secrets", "./secrets/**", "././secrets/", "./secrets/*.txt"])
def test_a_leading_dot_means_the_root(pattern: str) -> None:
    """As people write paths; git would let such a pattern match nothing."""
    rules = PathRules.only([pattern])
    assert rules.denies("secrets/s.txt")
    assert not rules.denies("deep/secrets/s.txt")


@pytest.mark.parametrize(
    "pattern", ["../outside", "a/../b", "a/./b", "..", ".", " leading", "! leading", "C:\\secrets", "a\\b"]
)
def test_a_pattern_that_can_match_nothing_is_refused(pattern: str) -> None:
    """A deny rule that silently protects nothing is worse than none."""
    with pytest.raises(ValueError, match="match"):
        PathRules.compile([pattern])
