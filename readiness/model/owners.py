"""Who answers for what is open."""

from __future__ import annotations

from msgspec import Struct


class Owner(Struct, frozen=True):
    """`name` is as in CODEOWNERS ("@org/team", several with spaces between them), else that of
    the last author of the file; "" for what nobody owns. `declared` tells which of the two.
    `fingerprints` are those of the open findings. `gain` is in points of the overall score if all
    of them were mended, null where that was not worked out.
    """

    name: str
    declared: bool
    fingerprints: tuple[str, ...]
    gain: float | None = None
