"""The page of the metrics, from what a server exposes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from generator.markdown import bullets, code, fence, page, table
from seawall.runtime.metrics import CONTENT_TYPE, PATH, Metrics
from seawall.runtime.pipeline.call import Call
from seawall.security.budget import Deadline

__all__ = ["Metric", "exposed", "metrics_page"]

_LABELS: Final = {
    "kind": "`tool`, `resource` or `prompt`.",
    "name": "The tool; `_other` for a name that the server does not know, for resources and for prompts.",
    "outcome": "`ok`; `refused` for a reason that the caller was told; `failed` unexpectedly; `cancelled`.",
    "code": "The [error's code](errors.md); empty when there was none.",
    "reason": "As in the table of [HTTP answers](errors.md#before-a-call-over-http).",
    "le": "Upper bound of a bucket, in seconds.",
}

_INTRODUCTION: Final = f"""\
{code(PATH)} answers in the text format of Prometheus ({code(CONTENT_TYPE)}). Where it listens: on the main port, for requests of this
machine alone, as long as the server is on loopback and neither `http.public_url` nor `http.trusted_proxies` is set; else only on
[`http.metrics_port`](settings.md#httpmetrics_port). How to use it: [Watch a server](../how-to/watch.md)."""


@dataclass(frozen=True)
class Metric:
    """One metric: its name, type, words, and the labels that it has."""

    name: str
    kind: str
    words: str
    labels: tuple[str, ...]


def metrics_page() -> str:
    """The whole page."""
    found = list(exposed(_text()))
    labels = dict.fromkeys(label for metric in found for label in metric.labels)
    return page(
        "Metrics",
        _INTRODUCTION,
        *(_part(metric) for metric in found),
        "## Labels",
        "Their values are bounded: no caller can make a new one.",
        table(("label", "value"), [(code(label), _LABELS[label]) for label in labels]),
        "## Example",
        fence("text", "\n".join(line for line in _text().splitlines() if "_bucket" not in line)),
    )


def exposed(text: str) -> Iterator[Metric]:
    """The metrics of an exposition, in its order."""
    for name, words in re.findall(r"^# HELP (\w+) (.+)$", text, re.MULTILINE):
        kind = re.search(rf"^# TYPE {name} (\w+)$", text, re.MULTILINE)
        samples = re.findall(rf"^{name}\w*{{(.*?)}} ", text, re.MULTILINE)
        labels = dict.fromkeys(label for sample in samples for label in re.findall(r'(\w+)="', sample))
        yield Metric(name, kind[1] if kind else "", words, tuple(labels))


def _part(metric: Metric) -> str:
    facts = [("Type", metric.kind), ("Labels", ", ".join(map(code, metric.labels)))]
    return f"## {code(metric.name)}\n\n{metric.words}\n\n{bullets(facts)}"


def _text() -> str:
    """What a server exposes after two calls and a refusal."""
    metrics = Metrics(["read_file"])
    call = Call("local", "1", "tool", "read_file", {}, Deadline.never())
    metrics.began()
    metrics.ended(call, "ok", code="", seconds=0.004, size=210)
    metrics.began()
    metrics.ended(call, "refused", code="not_found", seconds=0.002, size=0)
    metrics.refused("host")
    return metrics.text()
