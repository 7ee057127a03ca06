"""All that is offered to be written, but for the baseline, which an audit makes."""

from __future__ import annotations

from collections.abc import Mapping

from readiness.init import agents, hooks, workflow
from readiness.init.values import Offer, Seen, Source, Wish

PARTS = ("hook", "workflow", "baseline")  # what can be left out


def files(
    seen: Seen, wish: Wish, source: Source, templates: Mapping[str, str], agents_file: str
) -> Offer:
    """The hook's entry, the gate and the section for agents. `templates` are those of
    `workflow.TEMPLATES` by name, `agents_file` is the file behind the name AGENTS.md."""
    offer = Offer()
    if not wish.hook and "hook" not in wish.without:
        offer += hooks.offer(seen, source)
    if "workflow" not in wish.without:
        offer += workflow.offer(seen, wish, source, templates)
    if wish.agents:
        offer += agents.offer(seen, agents_file)
    return offer
