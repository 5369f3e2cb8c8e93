"""The guards around every tool: ours, the user's own, in requests and outside of them, in both protocol eras."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import pytest
from fastmcp import Client, Context, FastMCP
from fastmcp.dependencies import CurrentContext
from fastmcp.exceptions import NotFoundError, ToolError
from fastmcp.server.transforms import Namespace
from fastmcp.tools import Tool
from fastmcp.tools.base import ToolResult
from mcp_types import ImageContent, ToolAnnotations

from runtime.toy import SECRET, SMALLEST, ToyToolset, assembled
from seawall.errors import PathNotFoundError
from seawall.runtime.guard import Guard, GuardedTool
from seawall.runtime.results import ERROR_META
from seawall.toolsets.serving import OperationTool

pytestmark = pytest.mark.anyio
GUARD = 30.0


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


def server(extra: str = "") -> tuple[FastMCP, ToyToolset]:
    assembly, toy = assembled(SMALLEST + extra)
    return assembly.mcp, toy


async def call(
    mcp: FastMCP, name: str, arguments: dict[str, Any] | None = None, *, mode: Any = "legacy"
) -> Any:
    async with asyncio.timeout(GUARD), Client(mcp, mode=mode) as client:
        return await client.call_tool(name, arguments or {}, raise_on_error=False)


def code(result: Any) -> str:
    assert result.is_error
    return str(result.meta[ERROR_META]["code"])


async def test_an_error_is_text_with_message_hint_and_code_and_the_same_as_data(era: Any) -> None:
    mcp, _ = server()
    result = await call(mcp, "missing", mode=era)
    assert [block.text for block in result.content] == [
        "'a.txt': does not exist. List the directory to see what is there. [not_found]"
    ]
    assert result.meta[ERROR_META] == {
        "code": "not_found",
        "message": "'a.txt': does not exist.",
        "hint": "List the directory to see what is there.",
        "retryable": False,
    }
    assert result.structured_content is None


async def test_an_error_of_a_tool_with_an_output_schema_has_no_structured_content(era: Any) -> None:
    mcp, _ = server()
    result = await call(mcp, "wrong_output", mode=era)
    assert (code(result), result.structured_content) == ("internal_error", None)


async def test_arguments_that_do_not_fit_never_reach_an_operation(era: Any) -> None:
    mcp, toy = server()
    result = await call(mcp, "greet", {"nam": "x"}, mode=era)
    assert code(result) == "invalid_arguments"
    assert 'did you mean "name"' in result.content[0].text
    assert toy.seen == []


async def test_an_operation_knows_its_call() -> None:
    mcp, toy = server("[limits]\nresponse_size = 2048\nrequest_timeout = 5\n")
    await call(mcp, "greet", {"name": "x"})
    (seen,) = toy.seen
    assert (seen.principal, seen.response_limit, seen.deadline.seconds) == ("local", 2048, 5)
    assert len(seen.request_id) == 16


async def test_progress_reaches_the_client(era: Any) -> None:
    mcp, _ = server()
    reports: list[tuple[float, float | None, str | None]] = []

    async def keep(done: float, total: float | None, message: str | None) -> None:
        reports.append((done, total, message))

    async with Client(mcp, mode=era, progress_handler=keep) as client:
        await client.call_tool("greet", {"name": "x"})
    assert reports == [(1, 2, "half way")]


class TestMasking:
    """Only what was meant for the caller reaches the caller."""

    async def leaks(self, mcp: FastMCP, name: str, mode: Any = "legacy") -> Any:
        result = await call(mcp, name, mode=mode)
        assert SECRET not in f"{result}"
        return result

    async def test_an_unexpected_error_of_an_operation(self, era: Any) -> None:
        mcp, _ = server()
        result = await self.leaks(mcp, "broken", era)
        assert code(result) == "internal_error"
        assert result.meta[ERROR_META]["reference"] in result.content[0].text

    async def test_an_unexpected_error_of_the_users_own_tool(self, era: Any) -> None:
        mcp, _ = server()

        @mcp.tool
        def boom() -> str:
            raise RuntimeError(SECRET)

        assert code(await self.leaks(mcp, "boom", era)) == "internal_error"

    async def test_a_tool_that_ends_the_interpreter_ends_only_its_call(self) -> None:
        mcp, _ = server()

        @mcp.tool
        def leave() -> str:
            raise SystemExit(SECRET)

        @mcp.tool
        async def leave_async() -> str:
            raise SystemExit(SECRET)

        assert code(await self.leaks(mcp, "leave")) == "internal_error"
        assert code(await self.leaks(mcp, "leave_async")) == "internal_error"

    async def test_what_is_no_exception_ends_only_its_call(self) -> None:
        """A panic of a library in another language comes as a `BaseException` of its own."""
        mcp, _ = server()

        class PanicError(BaseException):
            pass

        @mcp.tool
        def panic() -> str:
            raise PanicError(SECRET)

        @mcp.tool
        async def panic_async() -> str:
            raise PanicError(SECRET)

        assert code(await self.leaks(mcp, "panic")) == "internal_error"
        assert code(await self.leaks(mcp, "panic_async")) == "internal_error"

    async def test_a_tool_error_on_purpose_reaches_the_caller_whatever_caused_it(self, era: Any) -> None:
        mcp, _ = server()

        @mcp.tool
        def orders() -> str:
            known: dict[int, str] = {}
            try:
                return known[5]
            except KeyError as error:
                raise ToolError("Order 5 does not exist.") from error

        result = await call(mcp, "orders", mode=era)
        assert (code(result), result.content[0].text) == (
            "tool_failed",
            "Order 5 does not exist. [tool_failed]",
        )

    async def test_an_error_of_our_tree_from_the_users_own_tool(self) -> None:
        mcp, _ = server()

        @mcp.tool
        def find() -> str:
            raise PathNotFoundError(path="b.txt")

        assert code(await call(mcp, "find")) == "not_found"

    async def test_a_mounted_server_that_does_not_mask(self, era: Any) -> None:
        child = FastMCP("child", mask_error_details=False)

        @child.tool
        def boom() -> str:
            raise RuntimeError(SECRET)

        @child.tool
        def said() -> str:
            raise ToolError("on purpose")

        mcp, _ = server()
        mcp.mount(child, namespace="child")
        assert code(await self.leaks(mcp, "child_boom", era)) == "internal_error"
        assert code(await call(mcp, "child_said", mode=era)) == "tool_failed"

    async def test_a_result_that_cannot_be_serialised(self) -> None:
        class Opaque:
            def __repr__(self) -> str:
                return SECRET

        mcp, _ = server()

        @mcp.tool(output_schema={"type": "object", "properties": {}})
        def opaque() -> Any:
            return Opaque()

        assert code(await self.leaks(mcp, "opaque")) == "internal_error"

    async def test_a_run_outside_of_any_request_as_in_a_background_task(self) -> None:
        mcp, _ = server()

        @mcp.tool
        async def boom() -> str:
            raise RuntimeError(SECRET)

        tool = await mcp.get_tool("boom")
        assert tool is not None
        result = await tool.run({})
        assert result.is_error
        assert SECRET not in f"{result}"

    async def test_a_cancelled_inner_task_does_not_leave_the_caller_waiting(self, era: Any) -> None:
        mcp, _ = server()

        @mcp.tool
        async def leaky() -> str:
            inner = asyncio.create_task(asyncio.sleep(60))
            inner.cancel()
            await inner
            return "never"

        assert code(await call(mcp, "leaky", mode=era)) == "internal_error"


class TestUnknown:
    """A tool that is not there."""

    async def test_it_is_answered_in_our_form_with_the_nearest_name(self, era: Any) -> None:
        mcp, _ = server()
        result = await call(mcp, "gret", mode=era)
        assert (code(result), result.meta[ERROR_META]["hint"]) == ("unknown_tool", "Did you mean greet?")

    async def test_a_tool_that_raises_not_found_of_fastmcp_is_not_mistaken_for_a_missing_one(self) -> None:
        mcp, _ = server()

        @mcp.tool
        def boom() -> str:
            raise NotFoundError(SECRET)

        result = await call(mcp, "boom")
        assert code(result) == "internal_error"


class TestDeadline:
    """Time limits hold for every tool."""

    async def test_a_coroutine_is_cancelled(self, era: Any) -> None:
        mcp, toy = server("[limits]\nrequest_timeout = 0.5\n")
        result = await call(mcp, "slow", mode=era)
        assert (code(result), result.meta[ERROR_META]["retryable"]) == ("deadline_exceeded", True)
        assert toy.events.count("slow cancelled") == 1

    async def test_a_tools_own_limit_comes_first(self, era: Any) -> None:
        mcp, _ = server()

        @mcp.tool(timeout=0.05)
        def sleeps() -> str:
            time.sleep(0.5)
            return "late"

        @mcp.tool(timeout=0.05)
        async def waits() -> str:
            await asyncio.sleep(60)
            return "late"

        assert code(await call(mcp, "sleeps", mode=era)) == "deadline_exceeded"
        assert code(await call(mcp, "waits", mode=era)) == "deadline_exceeded"

    async def test_a_result_that_is_there_when_nothing_could_be_cancelled_is_answered(self) -> None:
        mcp, _ = server()

        @mcp.tool(timeout=0.05)
        async def busy() -> str:
            until = time.monotonic() + 0.2
            while time.monotonic() < until:
                pass
            return "late"

        assert (await call(mcp, "busy")).data == "late"

    async def test_it_holds_outside_of_a_request_too(self) -> None:
        mcp, _ = server("[limits]\nrequest_timeout = 0.05\n")
        tool = await mcp.get_tool("slow")
        assert tool is not None
        result = await tool.run({})
        assert result.meta is not None
        assert result.meta[ERROR_META]["code"] == "deadline_exceeded"


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Holds blocking tools until the test is over."""
    event = threading.Event()
    yield event
    event.set()


async def test_blocking_tools_of_callers_who_left_use_no_more_threads_than_the_bound(
    released: threading.Event,
) -> None:
    mcp, _ = server("[limits]\nworkers = 3\nrequest_timeout = 0.5\n")

    @mcp.tool
    def hang() -> str:
        released.wait()
        return "late"

    before = threading.active_count()
    async with Client(mcp) as client:
        results = await asyncio.gather(
            *(client.call_tool("hang", {}, raise_on_error=False) for _ in range(60))
        )
        assert {code(result) for result in results} == {"deadline_exceeded", "overloaded"}
        assert threading.active_count() - before <= 3
        assert (await client.call_tool("greet", {"name": "x"})).content[0].text == "Hello x"


class TestFunctions:
    """The user's own functions behave as FastMCP's documents say, on our threads."""

    @pytest.fixture
    def mcp(self) -> FastMCP:
        return server()[0]

    async def test_a_plain_function_runs_on_a_worker_thread(self, mcp: FastMCP) -> None:
        @mcp.tool
        def where() -> str:
            return threading.current_thread().name

        assert (await call(mcp, "where")).data.startswith("seawall-worker")

    async def test_a_function_that_wants_the_loops_thread_gets_it(self, mcp: FastMCP) -> None:
        @mcp.tool(run_in_thread=False)
        def where() -> str:
            return threading.current_thread().name

        assert (await call(mcp, "where")).data == threading.current_thread().name

    async def test_context_and_defaults_are_injected(self, mcp: FastMCP) -> None:
        @mcp.tool
        def named(count: int = 2, ctx: Context = CurrentContext()) -> str:  # noqa: B008  FastMCP's form
            return f"{ctx.fastmcp.name} {count} {threading.current_thread().name[:7]}"

        @mcp.tool
        def old(ctx: Context, count: int = 3) -> str:
            return f"{ctx.fastmcp.name} {count}"

        assert (await call(mcp, "named")).data == "toy 2 seawall"
        assert (await call(mcp, "old", {"count": 4})).data == "toy 4"

    async def test_generators_and_partials_and_methods_work(self, mcp: FastMCP) -> None:
        @mcp.tool
        def lines() -> Iterator[str]:
            yield from ("a", threading.current_thread().name[:7])

        @mcp.tool
        async def later() -> AsyncIterator[str]:
            yield "c"

        def add(first: int, second: int) -> int:
            return first + second

        class Counter:
            def increment(self, by: int) -> int:
                return 10 + by

        mcp.add_tool(Tool.from_function(functools.partial(add, 1), name="add"))
        mcp.add_tool(Tool.from_function(Counter().increment))
        assert [block.text for block in (await call(mcp, "lines")).content] == ['["a","seawall"]']
        assert [block.text for block in (await call(mcp, "later")).content] == ['["c"]']
        assert (await call(mcp, "add", {"second": 2})).content[0].text == "3"
        assert (await call(mcp, "increment", {"by": 2})).content[0].text == "12"

    async def test_arguments_are_not_coerced(self, mcp: FastMCP) -> None:
        @mcp.tool
        def double(number: int) -> int:
            return 2 * number

        assert (await call(mcp, "double", {"number": 2})).data == 4
        assert code(await call(mcp, "double", {"number": "2"})) == "invalid_arguments"

    async def test_what_the_schema_cannot_say_is_validated_by_pydantic(self, mcp: FastMCP) -> None:
        @mcp.tool
        def day(when: date) -> str:
            return when.isoformat()

        assert (await call(mcp, "day", {"when": "2026-11-22"})).data == "2026-11-22"
        result = await call(mcp, "day", {"when": "yesterday"})
        assert code(result) == "invalid_arguments"
        assert "when" in result.content[0].text

    async def test_a_transformed_tool_runs_in_the_guards(self, mcp: FastMCP) -> None:
        def double(number: int) -> int:
            return 2 * number

        mcp.add_tool(Tool.from_tool(Tool.from_function(double), name="twice"))
        assert (await call(mcp, "twice", {"number": 2})).structured_content == {"result": 4}
        assert code(await call(mcp, "twice", {"number": "2"})) == "invalid_arguments"

    async def test_a_bare_tool_subclass_is_validated_and_timed(self, mcp: FastMCP) -> None:
        class Bare(Tool):
            async def run(self, arguments: dict[str, Any]) -> ToolResult:
                await asyncio.sleep(float(arguments["n"]))
                return ToolResult(content="done")

        parameters = {
            "type": "object",
            "properties": {"n": {"type": "number", "maximum": 60}},
            "required": ["n"],
        }
        mcp.add_tool(Bare(name="bare", parameters=parameters, timeout=0.05))
        assert (await call(mcp, "bare", {"n": 0})).content[0].text == "done"
        assert code(await call(mcp, "bare", {"n": 61})) == "invalid_arguments"
        assert code(await call(mcp, "bare", {})) == "invalid_arguments"
        assert code(await call(mcp, "bare", {"n": 50})) == "deadline_exceeded"

    async def test_a_tool_whose_schema_cannot_be_compiled_is_never_called_unvalidated(
        self, mcp: FastMCP
    ) -> None:
        class Bare(Tool):
            async def run(self, arguments: dict[str, Any]) -> ToolResult:
                raise AssertionError(f"it ran with {arguments}")

        mcp.add_tool(Bare(name="bare", parameters={"type": "objekt"}))
        assert code(await call(mcp, "bare")) == "invalid_arguments"


class TestBound:
    """No result is larger than the limit."""

    @pytest.fixture
    def mcp(self) -> FastMCP:
        return server("[limits]\nresponse_size = 2048\n")[0]

    async def test_text_is_cut_and_says_so(self, mcp: FastMCP, era: Any) -> None:
        result = await call(mcp, "letters", {"count": 5000}, mode=era)
        (block,) = result.content
        assert not result.is_error
        assert len(block.text.encode()) <= 2048
        assert block.text.endswith("of 5013 bytes, since the server's limit for one result is 2048]")
        assert ERROR_META not in (result.meta or {})

    async def test_text_is_cut_between_characters(self, mcp: FastMCP) -> None:
        @mcp.tool(output_schema=None)
        def umlauts() -> ToolResult:
            return ToolResult(content="ä" * 3000)

        text = (await call(mcp, "umlauts")).content[0].text
        assert text.startswith("ää")
        assert "�" not in text

    async def test_data_is_refused_since_half_of_it_would_be_broken(self, mcp: FastMCP) -> None:
        assert code(await call(mcp, "numbers", {"count": 5000})) == "response_too_large"

    async def test_both_copies_of_the_data_count(self, mcp: FastMCP) -> None:
        for count, fits in ((270, True), (290, False)):  # about 1010 and 1090 bytes each copy
            assert (await call(mcp, "numbers", {"count": count})).is_error is not fits

    async def test_an_image_is_refused(self, mcp: FastMCP) -> None:
        @mcp.tool
        def picture() -> ImageContent:
            return ImageContent(type="image", data="A" * 4000, mime_type="image/png")

        assert code(await call(mcp, "picture")) == "response_too_large"


class TestListing:
    """A guarded tool lists exactly like the tool itself."""

    async def test_every_property_is_that_of_the_original(self) -> None:
        def plain(a: int, b: str = "x") -> dict[str, int]:
            """Does something."""
            return {b: a}

        tools: list[Tool] = [
            Tool.from_function(plain),
            Tool.from_function(
                plain,
                name="full",
                title="Full",
                description="Everything.",
                tags={"one", "two"},
                version="2",
                meta={"k": 1},
                annotations=ToolAnnotations(read_only_hint=True, title="T"),
                timeout=3,
            ),
        ]
        bare, (guarded, _) = FastMCP("bare"), server()
        for tool in tools:
            bare.add_tool(tool)
            guarded.add_tool(tool)
        expected = {tool.name: tool.to_mcp_tool().model_dump() for tool in await bare.list_tools()}
        listed = {tool.name: tool.to_mcp_tool().model_dump() for tool in await guarded.list_tools()}
        assert {name: listed[name] for name in expected} == expected
        for tool in await bare.list_tools():
            twin = await guarded.get_tool(tool.name)
            assert twin is not None
            assert (twin.key, twin.version, twin.tags, twin.task_config, twin.timeout) == (
                tool.key,
                tool.version,
                tool.tags,
                tool.task_config,
                tool.timeout,
            )

    async def test_a_call_does_not_wrap_again(self) -> None:
        mcp, _ = server()
        assert await mcp.get_tool("greet") is await mcp.get_tool("greet")

    async def test_a_provider_that_makes_new_tools_for_every_lookup_does_not_fill_the_memory(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("seawall.runtime.guard._KEPT", 8)
        mcp, _ = server()
        (guard,) = (item for item in mcp.providers[0].transforms if isinstance(item, Guard))
        fresh = [Tool(name=f"t{number}", parameters={"type": "object"}) for number in range(50)]
        assert len(await guard.list_tools(fresh)) == 50
        assert len(guard._wrapped) <= 8

    async def test_transforms_that_are_added_later_keep_the_guards(self) -> None:
        mcp, _ = server()
        mcp.add_transform(Namespace("ns"))
        assert code(await call(mcp, "ns_broken")) == "internal_error"
        assert code(await call(mcp, "ns_greet", {})) == "invalid_arguments"


SCOPED = """
[server]
name = "toy"

[[toolset]]
kind = "toy"
name = "open"

[[toolset]]
kind = "toy"
name = "closed"
prefix = "closed_"
scopes = ["files:read", "files:list"]

[stdio]
scopes = {scopes}
"""


class TestScopes:
    """A tool that the caller may not use does not exist for them."""

    @pytest.mark.parametrize(
        ("scopes", "seen"),
        [
            ('["*"]', True),
            ('["files:*"]', True),
            ('["files:read"]', False),
            ("[]", False),
            ('["other:*"]', False),
        ],
    )
    async def test_a_local_client_has_the_scopes_of_the_blueprint(
        self, scopes: str, seen: bool, era: Any
    ) -> None:
        mcp = assembled(SCOPED.format(scopes=scopes))[0].mcp
        async with Client(mcp, mode=era) as client:
            listed = {tool.name for tool in await client.list_tools()}
            result = await client.call_tool("closed_greet", {"name": "x"}, raise_on_error=False)
        assert ("closed_greet" in listed, result.is_error) == (seen, not seen)
        assert "greet" in listed

    async def test_a_hidden_tool_is_answered_like_one_that_does_not_exist(self, era: Any) -> None:
        mcp = assembled(SCOPED.format(scopes="[]"))[0].mcp
        without, _ = server()
        without.disable(names={"change"})
        hidden = await call(mcp, "closed_letters", mode=era)
        missing = await call(without, "closed_letters", mode=era)
        assert (hidden.content, hidden.meta[ERROR_META]) == (missing.content, missing.meta[ERROR_META])

    async def test_a_hint_never_names_a_hidden_tool(self) -> None:
        mcp = assembled(SCOPED.format(scopes="[]"))[0].mcp
        for name in ("closed_greet", "closed_greeet", "closed_nope"):
            assert "closed_" not in (await call(mcp, name)).meta[ERROR_META]["hint"]

    async def test_a_renamed_tool_still_needs_the_scopes(self) -> None:
        assembly, _ = assembled(SCOPED.format(scopes="[]"))
        original = await assembly.mcp.providers[-1].get_tool("closed_greet")
        assert isinstance(original, GuardedTool)
        assert isinstance(original.inner, OperationTool)
        assembly.mcp.add_tool(Tool.from_tool(original, name="renamed"))
        assert code(await call(assembly.mcp, "renamed", {"name": "x"})) == "unknown_tool"

    async def test_nothing_is_hidden_from_the_servers_own_process(self) -> None:
        mcp = assembled(SCOPED.format(scopes="[]"))[0].mcp
        assert not (await mcp.call_tool("closed_greet", {"name": "x"})).is_error


async def test_cancelling_a_call_cancels_the_operation(era: Any) -> None:
    mcp, toy = server()
    async with asyncio.timeout(GUARD), Client(mcp, mode=era) as client:
        waiting = asyncio.create_task(client.call_tool("slow", {}))
        await toy.slow_began.wait()
        waiting.cancel()
        await toy.slow_ended.wait()
    assert toy.events[-2:] == ["slow cancelled", "close"]
