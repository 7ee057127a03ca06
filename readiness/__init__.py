"""readiness says what in a Git repository can go, proves it, and what stands before production."""

from pkgutil import extend_path

__version__ = "0.1.0"  # as in pyproject.toml

# Beside the repository's own checkout, `readiness.rules` and `readiness.reports` lie elsewhere.
__path__ = extend_path(__path__, __name__)
