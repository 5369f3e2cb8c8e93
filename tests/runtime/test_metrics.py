"""What is counted has labels of bounded number and size, whoever chose the words."""

from __future__ import annotations

from seawall.runtime.metrics import Metrics
from seawall.runtime.pipeline.call import Call
from seawall.security.budget import Deadline


def _call(name: str) -> Call:
    return Call("local", "1", "tool", name, {}, Deadline.after(1))


def test_a_code_that_a_server_behind_us_worded_is_no_label_of_its_own() -> None:
    metrics = Metrics(["known"])
    for code in ("not_found", "x" * 10_000, 'a"b', "UPPER"):
        metrics.ended(_call("known"), "refused", code=code, seconds=0.1, size=0)
    counted = [line for line in metrics.text().splitlines() if line.startswith("seawall_calls_total{")]
    assert sorted(line.partition("code=")[2] for line in counted) == ['"_other"} 3', '"not_found"} 1']


def test_a_name_that_nobody_offers_is_no_label_of_its_own() -> None:
    metrics = Metrics(["known"])
    for number in range(50):
        metrics.ended(_call(f"made-up-{number}"), "refused", code="unknown_tool", seconds=0.1, size=0)
    assert "made-up" not in metrics.text()
    assert 'name="_other"' in metrics.text()
