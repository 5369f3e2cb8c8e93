"""Between arguments and messages: ProtoJSON in both directions, bounded, with every fault told."""

from __future__ import annotations

from typing import Final

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, EncodeError
from google.protobuf.message_factory import GetMessageClass

from seawall.toolsets.grpc.schemas import VALUE, has_members
from seawall.types import JsonObject, JsonValue

__all__ = ["BrokenError", "NotAMessageError", "decoded", "encoded"]

_DEEPEST: Final = 100  # messages within messages, as protobuf itself allows
_SHOWN: Final = 300  # characters of a fault


class NotAMessageError(Exception):
    """Arguments that fit their schema and are no message all the same. The text is one clause for the caller."""


class BrokenError(Exception):
    """Bytes of an answer that are no message of its type. The text is one clause."""


def encoded(pool: DescriptorPool, message: Descriptor, arguments: JsonObject) -> bytes:
    """The message that the arguments say.

    Raises:
        NotAMessageError: they say none: two of a oneof, a number out of range, nested too deeply.
    """
    value: JsonValue = arguments if has_members(message) else arguments.get(VALUE)
    made = GetMessageClass(message)()
    try:
        # What its signature calls a dict is any value that JSON has: a StringValue is a text.
        json_format.ParseDict(value, made, descriptor_pool=pool, max_recursion_depth=_DEEPEST)  # type: ignore[arg-type]
        return made.SerializeToString(deterministic=True)
    except (json_format.ParseError, EncodeError) as error:
        reason = " ".join(str(error).split()).rpartition(" field: ")[
            2
        ]  # before it stands the way there, once a level
        raise NotAMessageError(reason[:_SHOWN].rstrip(".")) from None
    except UnicodeEncodeError:
        raise NotAMessageError("a text has half of a surrogate pair, which is no character") from None
    except (TypeError, ValueError, RecursionError, AttributeError) as error:
        # Values of well-known types reach Python's own parsers, whose errors are these.
        reason = (
            "it is nested too deeply" if isinstance(error, RecursionError) else "a value has the wrong form"
        )
        raise NotAMessageError(reason) from None


def decoded(pool: DescriptorPool, message: Descriptor, content: bytes) -> JsonObject:
    """The message as JSON. Members that have no presence stand in it with their zero value: what is missing is unset.

    Raises:
        BrokenError: it is no message of that type, or holds one that the description does not know.
    """
    made = GetMessageClass(message)()
    try:
        made.ParseFromString(content)
        value = json_format.MessageToDict(
            made, always_print_fields_with_no_presence=True, descriptor_pool=pool
        )
    except DecodeError:
        raise BrokenError("its answer is no message of the type that the description says") from None
    except (json_format.Error, TypeError, ValueError, RecursionError, OverflowError):
        raise BrokenError(
            "its answer holds a value that the description does not know or JSON does not have"
        ) from None
    return value if has_members(message) else {VALUE: value}
