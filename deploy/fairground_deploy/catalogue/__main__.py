"""`python -m fairground_deploy.catalogue`."""

import sys

from fairground_common.contracts import CONTRACTS
from fairground_deploy.catalogue import faults_of, pages


def main() -> int:
    """Write every catalogue; return 1 without writing when an event changed incompatibly."""
    broken = [fault for contract in CONTRACTS for fault in faults_of(contract)]
    for fault in broken:
        sys.stderr.write(f"{fault}\n")
    if broken:
        return 1
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
