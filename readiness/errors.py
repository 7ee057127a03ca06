"""Errors that the user is told of in one line: what is wrong, where, and what to do next."""


class ReadinessError(Exception):
    """Base of every error that ends a command with one line and no traceback."""


class UsageError(ReadinessError):
    """The command line asks for what does not exist: an unknown rule, revision or format."""


class ConfigError(ReadinessError):
    """The configuration cannot be read or holds what is not a setting."""


class RepositoryError(ReadinessError):
    """The path is no repository, or one that cannot be read."""


class PlanError(ReadinessError):
    """The plan file cannot be read, or does not fit the repository."""


class RegistryError(ReadinessError):
    """The installed rules or report formats are missing or contradict each other."""


def one_line(text: object, limit: int = 400) -> str:
    """`text` as one line that a terminal shows and does not obey, of at most about `limit`
    characters: whoever wrote what is audited may have chosen it."""
    shown = str(text)
    if len(shown) > limit:
        shown = f"{shown[: limit // 2]}…{shown[-limit // 2 :]}"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in shown
    )
