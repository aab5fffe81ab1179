"""Lines of a bench on the terminal, each with its time."""

import sys
import time


def say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stdout.flush()
