"""Facts of a snapshot's files: those that the cache holds, and the others extracted anew."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from readiness import cache as caching
from readiness import secrets
from readiness.cache import Cache
from readiness.extraction import SECONDS, Blob, Job, Pool, Reader, cpus
from readiness.facts import Slice
from readiness.model import SUBMODULE, SYMLINK, SkippedFile, TrackedFile

Place = tuple[str, Job]  # id of a blob, what is to be said of it
Progress = Callable[[int, int], None]


class Collected(Struct, frozen=True):
    """`facts`: slice -> path -> encoded facts. `failed`: the extraction of some file raised,
    crashed or took too long, so that another audit may say something else."""

    facts: dict[str, dict[str, bytes]]
    skipped: tuple[SkippedFile, ...] = ()
    failed: bool = False


def collect(
    reader: Reader,
    files: Iterable[TrackedFile],
    cache: Cache,
    version: str,
    *,
    slices: Sequence[Slice[Any]],
    workers: int | None = None,
    progress: Progress | None = None,
    seconds: float = SECONDS,
) -> Collected:
    """What `slices` say of all `files` but symbolic links and submodules, and the files that have
    no facts.

    `version` stands for the code of the extractors: what the cache holds under another is left
    alone. `workers` is the number of processes, by default that of the CPUs we may use. `progress`
    is called with the number of files done and that of files to do.

    Where secrets are among the facts, no other facts of the same file hold their characters; a
    file in which they could not be looked for has no facts.

    Raises:
        RepositoryError: the repository could not be read.
    """
    paths: dict[str, list[str]] = {}
    of_job: dict[Place, list[str]] = {}
    for file in files:
        if file.mode in (SYMLINK, SUBMODULE):
            continue
        paths.setdefault(file.blob_id, []).append(file.path)
        for number, slice_ in enumerate(slices):
            if (kind := slice_.kind(file.path)) is not None:
                of_job.setdefault((file.blob_id, (number, kind)), []).append(file.path)
    gathered = gather(
        reader,
        of_job,
        cache,
        version,
        slices=slices,
        workers=workers,
        progress=progress,
        seconds=seconds,
    )
    facts: dict[str, dict[str, bytes]] = {slice_.name: {} for slice_ in slices}
    for place, value in gathered.facts.items():
        facts[slices[place[1][0]].name].update(dict.fromkeys(of_job[place], value))
    skipped = [SkippedFile(path, why) for id_, why in gathered.skipped for path in paths[id_]]
    return Collected(facts, tuple(sorted(skipped)), gathered.failed)


class Gathered(Struct, frozen=True):
    """`facts`: what was to be said of a blob -> its encoded facts, where there are any. `skipped`:
    (id of a blob, why it has none). `failed` as in `Collected`."""

    facts: dict[Place, bytes]
    skipped: tuple[tuple[str, str], ...]
    failed: bool


def gather(
    reader: Reader,
    places: Iterable[Place],
    cache: Cache,
    version: str,
    *,
    slices: Sequence[Slice[Any]],
    workers: int | None = None,
    progress: Progress | None = None,
    seconds: float = SECONDS,
) -> Gathered:
    """What `slices` say of blobs: as `collect`, for the files of one snapshot or of many."""
    search = next((n for n, each in enumerate(slices) if each.name == secrets.SLICE.name), None)
    version = version if search is None else f"{version} without secrets"
    places = list(places)
    keys = {place: _key(slices, place, version) for place in places} if cache.usable else {}
    by_key = {key: place for place, key in keys.items()}
    facts: dict[Place, bytes] = {}
    found: set[Place] = set()
    for key, value in cache.get_many(by_key):
        place = by_key[key]
        found.add(place)
        if value:
            facts[place] = value
    missing: dict[str, list[Job]] = {}
    for blob_id, job in (place for place in places if place not in found):
        missing.setdefault(blob_id, []).append(job)
    for blob_id, job in places:
        if job[0] == search and job not in missing.get(blob_id, [job]):
            missing[blob_id].append(job)
    blobs = [Blob(blob_id, tuple(jobs)) for blob_id, jobs in missing.items()]
    skipped: list[tuple[str, str]] = []
    failed = False
    done = 0
    pool = Pool(reader, slices, seconds)
    with contextlib.closing(pool.run(blobs, workers or cpus())) as chunks:
        for chunk, results in chunks:
            kept: list[tuple[bytes, bytes]] = []
            for result in results:
                blob = chunk[result.index]
                failed = failed or result.failed
                skipped += ((blob.id, why) for why in result.reasons)
                for job, extracted in zip(blob.jobs, result.values, strict=False):
                    place = blob.id, job
                    if extracted is not None and keys:
                        kept.append((keys[place], extracted))
                    if extracted:
                        facts[place] = extracted
            cache.put(kept)
            done += len(results)
            if progress is not None:
                progress(done, len(blobs))
    return Gathered(facts, tuple(skipped), failed)


def _key(slices: Sequence[Slice[Any]], place: Place, version: str) -> bytes:
    blob_id, (number, kind) = place
    slice_ = slices[number]
    return caching.key("facts", slice_.name, str(slice_.version), version, kind, blob_id)


def version(cache: Cache) -> str:
    """Stands for the code of all extractors; "" where nothing is kept."""
    if not cache.usable:
        return ""
    return caching.code("facts", "secrets", "model/values.py", "collect.py", "extraction.py")
