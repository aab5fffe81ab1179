"""``python -m fairground_verify`` is the command ``fairground-verify``."""

import sys

from fairground_verify.cli import main

sys.exit(main())
