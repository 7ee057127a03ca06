import os
import sys

# A jinja2.py in the audited repository must not be what we import.
if sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from readiness.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
