"""Sizes and durations are read as people write them, exactly, and within limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from seawall.blueprint.quantities import ByteSize, Duration, DurationRule, SizeRule
from seawall.blueprint.secret import SecretReference
from seawall.blueprint.section import Section

_HUGE = pytest.param(1 << 20_000, id="huge")
_NOTHING = [
    0,
    -1,
    _HUGE,
    float("nan"),
    float("inf"),
    -float("inf"),
    True,
    False,
    None,
    [],
    {},
    ["env:A"],
    b"1B",
]
_NO_SIZES = (
    "| |1|1.5|MiB|10 mib|10Mib|10mb|10MiB | 10MiB|10MiB\n|10  MiB|1e3B|-1MiB|+1MiB|0MiB|2TiB|1_000B|0x10B"
    f"|\u0661MiB|1.B|.5MiB|0.5B|{'9' * 5000}B|1s"
)
_NO_DURATIONS = f"|30|0s|0ms|0.1ms|31d|30S|30sec|1w|nan|inf|1e3s|-1s|1:30|{'9' * 5000}s|1B|\u0661s|1 s\n"
_NO_REFERENCES = (
    "|hunter2|env:|env:1|env:A-B|env: A|env:A\n|ENV:A|file:|file:a|file:/a\0b|vault:hunter2|file:a/b"
)


class _Quantities(Section):
    size: ByteSize = Field(default=1, description="Size.")
    time: Duration = Field(default=1.0, description="Time.")
    secret: SecretReference = Field(default="env:A", description="Secret.")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1, 1),
        (1024**4, 1024**4),
        ("1B", 1),
        ("512KiB", 512 * 1024),
        ("10MiB", 10 * 1024**2),
        ("10 MiB", 10 * 1024**2),
        ("1.5GiB", 3 * 512 * 1024**2),
        ("1TiB", 1024**4),
        ("1kB", 1000),
        ("1KB", 1000),
        ("2MB", 2_000_000),
        ("1GB", 10**9),
        ("1TB", 10**12),
        ("0.1kB", 100),
    ],
)
def test_a_size_is_read(written: object, expected: int) -> None:
    size = _Quantities.model_validate({"size": written}).size
    assert (size, type(size)) == (expected, int)


@pytest.mark.parametrize("written", [*_NOTHING, 1024**4 + 1, 1.0, 1e6, *_NO_SIZES.split("|")])
def test_what_is_no_size_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="a size from 1B to 1TiB"):
        _Quantities.model_validate({"size": written})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1, 1.0),
        (0.5, 0.5),
        (2592000, 2592000.0),
        ("500ms", 0.5),
        ("1ms", 0.001),
        ("30s", 30.0),
        ("30 s", 30.0),
        ("1.5s", 1.5),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("30d", 2592000.0),
    ],
)
def test_a_duration_is_read_in_seconds(written: object, expected: float) -> None:
    time = _Quantities.model_validate({"time": written}).time
    assert (time, type(time)) == (expected, float)


@pytest.mark.parametrize("written", [*_NOTHING, 0.0001, 2592001, *_NO_DURATIONS.split("|")])
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="a duration from 1ms to 30d"):
        _Quantities.model_validate({"time": written})


@given(st.integers(1, 1024**4))
def test_every_size_can_be_written_and_read_again(size: int) -> None:
    assert SizeRule().read(SizeRule.text(size)) == size


@given(st.integers(1, 2592000_000))
def test_every_duration_of_whole_milliseconds_can_be_written_and_read_again(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert DurationRule().read(DurationRule.text(seconds)) == seconds


@pytest.mark.parametrize(
    "written",
    ["env:A", "env:_a1", "file:/run/secrets/key", "file:/a b"],
)
def test_a_reference_to_a_secret_is_read(written: str) -> None:
    assert _Quantities.model_validate({"secret": written}).secret == written


@pytest.mark.parametrize("written", [*_NOTHING, *_NO_REFERENCES.split("|")])
def test_a_literal_secret_is_refused_and_never_repeated(written: object) -> None:
    with pytest.raises(ValidationError) as caught:
        _Quantities.model_validate({"secret": written})
    assert "a secret is never written into the blueprint" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.errors(include_input=False))


def test_no_section_shows_a_refused_value_in_its_error() -> None:
    """Somebody else may print the exception of a model that was built by hand."""
    with pytest.raises(ValidationError) as caught:
        _Quantities.model_validate({"size": "hunter2", "hunter": "hunter2"})
    assert "hunter2" not in str(caught.value)
