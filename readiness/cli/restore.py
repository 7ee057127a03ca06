"""readiness restore: gives back what a plan removed or changed."""

from __future__ import annotations

import click

from readiness.apply.branch import files
from readiness.apply.journal import Room
from readiness.apply.kept import Kept, archives, tags_alone
from readiness.apply.restore import Restored, restore
from readiness.cli.output import complain, emit
from readiness.errors import UsageError
from readiness.repo import Repository
from readiness.repo.metadata import printable


@click.command
@click.argument("paths", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything of one archive.")
@click.option("--from", "name", metavar="NAME", help="From this archive, not from the latest.")
@click.option("--force", is_flag=True, help="Files that have changes of their own, too.")
@click.option("--repository", default=".", metavar="FOLDER", help="The repository, or a folder.")
def command(
    paths: tuple[str, ...], everything: bool, name: str | None, force: bool, repository: str
) -> None:
    """Give back PATHS, files or folders as the plan names them, byte for byte.

    Without PATHS and --all: list the archives.
    """
    with Repository.open(repository) as opened:
        if not paths and not everything:
            if name is not None or force:
                raise UsageError("name the files to give back, or say --all")
            if Room(opened.common_folder).pending() is not None:
                complain("an earlier call was interrupted; readiness apply or restore ends it")
            kept = archives(opened)
            emit(_listed(kept, [name for name, _ in tags_alone(opened, kept)]))
            return
        if paths and everything:
            raise UsageError("--all and paths exclude each other; give one")
        restored = restore(opened, paths, everything=everything, name=name, force=force)
    for note in restored.notes:
        complain(note)
    emit(_told(restored))


def _listed(kept: list[Kept], tags: list[str]) -> str:
    """The archives, and the tags of those that are gone."""
    if not kept and not tags:
        return "There is no archive here.\n"
    lines = []
    for each in kept:
        if each.manifest is None:
            lines.append(f"{each.name}  {each.problem}")
            continue
        manifest = each.manifest
        stored = [entry for entry in manifest.entries if entry.stored == "archive"]
        how = f"on branch {printable(manifest.branch)}" if manifest.branch else "in place"
        lines.append(
            f"{each.name}  {files(len(manifest.entries))} of {manifest.commit[:12]} changed {how},"
            f" {len(stored):,} of them archived ({sum(entry.size for entry in stored):,} bytes)"
        )
        lines.append(f"  files  {printable(each.folder)}")
    whole = {each.name for each in kept}
    lines += [
        f"{name}  has no archive any more, but a tag: Git's history gives what it knows"
        for name in tags
        if name not in whole
    ]
    lines += ["", "Next:  readiness restore PATH…    or    readiness restore --all"]
    return "\n".join(lines) + "\n"


def _told(restored: Restored) -> str:
    lines = [f"restored  {path}" for path in restored.back]
    lines += [f"removed   {path} (apply had made it)" for path in restored.gone]
    same = len(restored.same)
    if same:
        lines.append(f"{files(same)} {'was' if same == 1 else 'were'} as before already")
    return "\n".join(lines) + "\n"
