"""Start one program so that it cannot outlive the process that asked for it. Run as a script, never imported.

    python -I -S launch.py PARENT_PID DEATH_SIGNAL IDENTITY SOCKET PROGRAM [ARGUMENT ...]

It asks the kernel for DEATH_SIGNAL at the death of the thread that forked us, takes on IDENTITY and becomes
PROGRAM (same pid). A script of its own instead of a `preexec_fn`: that one may deadlock in a threaded
process, and a user namespace can only be left by a process with a single thread, which this one has.

IDENTITY: `same`; `namespace` (root becomes uid 1000 of a private user namespace, files stay root's: for
programs that refuse uid 0); `nobody` (the same need, where namespaces are refused).

SOCKET: the descriptor of a listening socket, or nothing. PROGRAM finds it as systemd would hand it over, which only
the process itself can do: it is named by its pid.
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_ORDINARY_ID = 1000
_REFUSED = 126
_FIRST_GIVEN_DESCRIPTOR = 3


def _enter_namespace() -> None:
    uid, gid = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "a private user namespace was refused")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_ORDINARY_ID} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{_ORDINARY_ID} {gid} 1")


def _become_nobody() -> None:
    account = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def _die_with(parent: int, death_signal: int) -> None:
    """After the change of identity: the kernel forgets the wish when credentials change."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before we could ask
        sys.exit(_REFUSED)


def _hand_over(descriptor: int) -> None:
    os.dup2(descriptor, _FIRST_GIVEN_DESCRIPTOR)
    if descriptor != _FIRST_GIVEN_DESCRIPTOR:
        os.close(descriptor)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")


def main() -> None:
    parent, death_signal, identity, listening, *program = sys.argv[1:]
    try:
        if identity == "namespace":
            _enter_namespace()
        elif identity == "nobody":
            _become_nobody()
        _die_with(int(parent), int(death_signal))
        if listening:
            _hand_over(int(listening))
        os.execvp(program[0], program)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"{program[0]}: {error}\n")
        sys.exit(_REFUSED)


if __name__ == "__main__":
    main()
