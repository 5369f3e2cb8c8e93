"""What a blueprint means for the files around it, whatever kinds it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.blueprint import ToolsetDeclaration, parse
from seawall.errors import BlueprintError, UsageError
from seawall.scaffold.deploy import Endpoint
from seawall.scaffold.plan import Maker
from seawall.scaffold.project import deployment, describe, read_blueprint
from seawall.toolsets.filesystem import KIND
from seawall.toolsets.interface import Host, Toolset, ToolsetKind
from seawall.toolsets.starter import Needs, Outbound, Question, Start, Starter

SERVER = '[server]\nname = "x"\n'
CALLS = SERVER + '[[toolset]]\nkind = "calling"\n'
JWT = '[http]\npublic_url = "https://x.example"\n[http.auth]\nkind = "jwt"\nissuer = "https://login.example"\naudience = "https://x.example/mcp"\n'


class Calling:
    """A kind of somebody else's that calls a host."""

    name = "calling"
    declaration = ToolsetDeclaration
    summary = "what another host has"
    question: Question | None = None

    def __init__(self, *called: Outbound) -> None:
        self._called = called

    @property
    def starter(self) -> Starter:
        return self

    def start(self, answer: str) -> Start:
        raise NotImplementedError(answer)

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        del declaration
        return Needs(outbound=self._called)

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        raise NotImplementedError(declaration, host)


def described(text: str, *kinds: ToolsetKind) -> tuple[tuple[Endpoint, ...], tuple[Endpoint, ...]]:
    known = {kind.name: kind for kind in (KIND, *kinds)}
    loaded = read_blueprint(text, kinds=known, environment={}, directory=Path("/"), source="x")
    made = deployment(describe(loaded, known))
    return made.outbound, made.issuers


def test_what_a_kind_calls_is_opened_and_no_kind_is_known_for_it() -> None:
    kind = Calling(Outbound("api.example", 8443), Outbound("api.example", 8443), Outbound())
    assert described(CALLS, kind)[0] == (Endpoint("api.example", 8443), Endpoint())


def test_without_one_that_calls_the_way_out_stays_closed() -> None:
    assert described(SERVER + '[[toolset]]\nkind = "filesystem"\nroots = "./w"\n') == ((), ())
    assert described(CALLS, Calling()) == ((), ())


def test_what_functions_of_ones_own_call_is_opened_when_the_blueprint_says_so() -> None:
    more = '[deploy]\noutbound = ["db.example:5432", "[2001:db8::7]:443", "api.example:8443"]\n'
    kind = Calling(Outbound("api.example", 8443))
    assert described(CALLS + more, kind)[0] == (
        Endpoint("api.example", 8443),
        Endpoint("db.example", 5432),
        Endpoint("2001:db8::7"),
    )


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://login.example/jwks.json", Endpoint("login.example")),
        ("https://login.example:8443/jwks.json", Endpoint("login.example", 8443)),
        ("http://127.0.0.1/jwks.json", Endpoint("127.0.0.1", 80)),
    ],
)
def test_the_keys_of_an_authorization_server_are_called(url: str, endpoint: Endpoint) -> None:
    assert described(SERVER + JWT + f'jwks_url = "{url}"\n') == ((), (endpoint,))


def test_keys_in_a_file_need_no_way_out() -> None:
    assert described(SERVER + JWT + 'public_key = "login.pem"\n') == ((), ())


def test_the_files_of_a_project_follow() -> None:
    kind = Calling(Outbound("api.example", 8443))
    made = Maker({"calling": kind}, "0.1.0").managed(CALLS, ("kubernetes",))
    assert "8443" in made["kubernetes/base/networkpolicy.yaml"]
    assert "network_mode: none" not in made["compose.yaml"]


def placed(text: str) -> dict[str, str]:
    known = {"filesystem": KIND}
    loaded = read_blueprint(SERVER + text, kinds=known, environment={}, directory=Path("/"), source="x")
    return dict(deployment(describe(loaded, known)).settings)


def test_a_directory_may_have_any_name() -> None:
    """Its variable has `_` for what cannot stand in one; the server reads it as the blueprint's own loader does."""
    text = (
        '[[toolset]]\nkind = "filesystem"\nroots = { "my docs" = "./w", "Old.v1" = "./v", plain = "./p" }\n'
    )
    settings = placed(text)
    assert settings == {
        "SEAWALL_TOOLSET__FILESYSTEM__ROOTS__MY_DOCS": "/my-docs",
        "SEAWALL_TOOLSET__FILESYSTEM__ROOTS__OLD_V1": "/old-v1",
        "SEAWALL_TOOLSET__FILESYSTEM__ROOTS__PLAIN": "/plain",
    }
    kinds = {"filesystem": KIND.declaration}
    read = parse(SERVER + text, source="x", directory=Path("/"), kinds=kinds, environment=settings)
    (toolset,) = read.blueprint.toolset
    assert toolset.model_dump()["roots"] == {"my docs": "/my-docs", "Old.v1": "/old-v1", "plain": "/plain"}


def test_directories_that_no_variable_tells_apart_are_refused() -> None:
    with pytest.raises(UsageError, match="one variable, SEAWALL_TOOLSET__FILESYSTEM__ROOTS__MY_DOCS"):
        placed('[[toolset]]\nkind = "filesystem"\nroots = { "my docs" = "./w", My_Docs = "./v" }\n')


RECORDED = """
[audit]
file = "audit-${HOSTNAME}.jsonl"
checkpoints = "kept/${WHERE}.jsonl"
key = "secret:audit-key"
[secrets]
directories = ["/etc/keys"]
"""


def test_records_of_calls_have_volumes_that_last_and_need_nothing_of_the_operator() -> None:
    """A directory: each replica writes a file of its own. The variables of the names that it replaces are not asked for."""
    folders = '[[toolset]]\nkind = "filesystem"\nroots = { audit = "./w" }\n'
    environment = {"HOSTNAME": "mine", "WHERE": "here"}
    loaded = read_blueprint(
        SERVER + folders + RECORDED,
        kinds={"filesystem": KIND},
        environment=environment,
        directory=Path("/"),
        source="x",
    )
    made = deployment(describe(loaded, {"filesystem": KIND}))
    assert [(each.name, each.target, each.kept, each.writable) for each in made.volumes] == [
        ("audit", "/audit", False, False),
        ("audit-2", "/audit-2", True, True),
        ("checkpoints", "/checkpoints", True, True),
    ]
    assert dict(made.settings) == {
        "SEAWALL_TOOLSET__FILESYSTEM__ROOTS__AUDIT": "/audit",
        "SEAWALL_AUDIT__FILE": "/audit-2/",
        "SEAWALL_AUDIT__CHECKPOINTS": "/checkpoints/",
        "SEAWALL_SECRETS__DIRECTORIES": '["/run/secrets"]',
    }
    assert (made.environment, made.secrets) == ((), ("file:/run/secrets/audit-key",))
    kinds = {"filesystem": KIND.declaration}
    text = SERVER + folders + RECORDED
    read = parse(text, source="x", directory=Path("/"), kinds=kinds, environment=made.settings).blueprint
    assert (read.audit.file, read.secrets.directories) == ("/audit-2/", ("/run/secrets",))


PRODUCTION = """
[deploy]
profile = "prod"
[profile.prod.audit]
file = "audit.jsonl"
key = "env:AUDIT_KEY"
[profile.prod.http]
port = 9000
allowed_hosts = ["workspace.example"]
[profile.prod.toolset.filesystem]
access = "write"
"""


def test_files_are_made_for_the_profile_that_the_image_serves() -> None:
    """Its volumes, secrets, port and rights; the profile itself is chosen within the image."""
    text = SERVER + '[[toolset]]\nkind = "filesystem"\nroots = "./w"\n' + PRODUCTION
    kinds = {"filesystem": KIND}
    loaded = read_blueprint(text, kinds=kinds, environment={}, directory=Path("/"), source="x")
    made = deployment(describe(loaded, kinds))
    assert [(each.target, each.writable) for each in made.volumes] == [("/workspace", True), ("/audit", True)]
    assert dict(made.settings) == {
        "SEAWALL_PROFILE": "prod",
        "SEAWALL_TOOLSET__FILESYSTEM__ROOTS": "/workspace",
        "SEAWALL_AUDIT__FILE": "/audit/",
    }
    assert (made.secrets, made.port, made.allowed_hosts) == (("env:AUDIT_KEY",), 9000, ("workspace.example",))
    models = {"filesystem": KIND.declaration}
    served = parse(text, source="x", directory=Path("/"), kinds=models, environment=made.settings)
    assert (served.profile, served.blueprint.audit.file) == ("prod", "/audit/")


def test_a_profile_for_the_image_that_does_not_exist_is_named_by_the_setting() -> None:
    text = SERVER + '[deploy]\nprofile = "prdo"\n[profile.prod.limits]\nworkers = 3\n'
    with pytest.raises(BlueprintError) as refused:
        read_blueprint(
            text,
            kinds={"filesystem": KIND},
            environment={},
            directory=Path("/"),
            source="x",
        )
    (problem,) = refused.value.problems
    assert (problem.source, problem.message.partition(";")[0]) == ("deploy.profile", "unknown profile 'prdo'")


def test_without_records_nothing_is_kept() -> None:
    """Checkpoints alone record nothing."""
    assert placed('[audit]\ncheckpoints = "kept.jsonl"\n[secrets]\ndirectories = ["/etc/keys"]\n') == {}
