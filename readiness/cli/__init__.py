"""The command line: one module per command."""


def main() -> int:
    return 0
