"""The graphql toolset: the operator's operations and, when wanted, tools for free queries, on one service."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.toolsets.graphql.schema import ServiceSchema
from seawall.toolsets.interface import LeftOut, Operation, Reach, Remark, SourceReport
from seawall.toolsets.remote_client import RemoteClient

__all__ = ["GraphQLToolset"]


class GraphQLToolset:
    """The operations of one service."""

    def __init__(
        self,
        operations: Sequence[Operation],
        client: RemoteClient,
        schema: ServiceSchema,
        *,
        found: int,
        left_out: Sequence[LeftOut],
        remarks: Sequence[Remark] = (),
    ) -> None:
        """Args: found: operations of the documents. left_out: those that cannot be tools. remarks: what to look at."""
        self._operations = tuple(operations)
        self._client = client
        self._schema = schema
        self._found = found
        self._left_out = tuple(left_out)
        self._remarks = tuple(remarks)

    @property
    def operations(self) -> Sequence[Operation]:
        """All of them, whatever `access` says."""
        return self._operations

    def left_out(self) -> Sequence[LeftOut]:
        """Subscriptions."""
        return self._left_out

    def reach(self) -> Sequence[Reach]:
        """The service."""
        return self._client.reach()

    def report(self) -> SourceReport:
        """What was found in the schema, with all of its faults. Takes a second for a large one."""
        return SourceReport(
            source=f"GraphQL: {self._schema.counts}",
            found=self._found,
            unservable=self._left_out,
            faults=tuple(LeftOut(each.place, each.message) for each in self._schema.faults()),
        )

    def remarks(self) -> Sequence[Remark]:
        """What the operator should know of the settings."""
        return self._remarks

    async def start(self) -> None:
        """Prepare to ask the service; no connection is made yet.

        Raises:
            StartError: a secret is missing.
        """
        await self._client.start()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    def faults(self) -> Sequence[str]:
        """Why the service cannot be asked at all."""
        return self._client.faults()

    def degraded(self) -> Sequence[str]:
        """Whether it does not answer now: its tools stay listed, and say so."""
        return self._client.degraded()
