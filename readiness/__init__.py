"""readiness says what in a Git repository can go, proves it, and what stands before production."""

import os

try:
    from readiness._version import __version__ as __version__  # written when it is built
except ModuleNotFoundError:
    __version__ = "0+unknown"

# In the repository's own checkout, `readiness.rules` and `readiness.reports` lie elsewhere. What is
# installed as a whole does without this import, which would double the shortest commands' time.
if not os.path.isdir(os.path.join(os.path.dirname(__file__), "rules")):
    from pkgutil import extend_path

    __path__ = extend_path(__path__, __name__)
