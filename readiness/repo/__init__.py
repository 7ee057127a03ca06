"""The one door to Git: snapshots, blobs and history of a repository that is never trusted.

Nothing that the audited repository configures is run. Git works in a clean room (`room`): an
empty Git directory of our own that shares only the objects. The rest (references, the index,
the work tree) is read by this package itself, which follows no symlink of the work tree and
never waits for a named pipe.
"""

from readiness.repo.repository import Repository

__all__ = ["Repository"]
