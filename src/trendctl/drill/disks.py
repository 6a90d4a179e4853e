"""A full disk without root's help where the system allows it: a small file system of its own; else the calls say so.

First choice: a tmpfs of a few MB mounted over the home, by root or in a user namespace of this process (Linux).
Otherwise the free space that the system reports is replaced in this process, and RLIMIT_FSIZE stops files that grow.
"""

import ctypes
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trendctl.drill.world import World

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000  # linux/sched.h
MS_REC, MS_PRIVATE = 0x4000, 0x40000  # linux/mount.h
CAPABILITIES_3 = 0x20080522  # linux/capability.h: version 3
PAST_MODES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_APART: list[bool] = []  # whether this process has mounts of its own
SPARE = 1_500_000  # bytes of room beside what the home holds, before it is filled


def obey_modes() -> None:
    """Root may do anything whatever the modes say: on Linux, give that right up in this process (capset)."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0)
    held = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 bits
    if libc.capget(header, held) == 0:
        held[0] &= ~PAST_MODES & 0xFFFFFFFF
        held[1] &= ~PAST_MODES & 0xFFFFFFFF
        libc.capset(header, held)


def can_fill() -> bool:
    """Whether this machine can be made to say that a disk is full."""
    return sys.platform != "win32"


def apart() -> None:
    """A view of the mounts of this process's own, where the system allows it; before there is a second thread."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        _APART.append(libc.unshare(CLONE_NEWNS) == 0)
    else:
        _APART.append(_become_root(libc))


def fill(world: "World") -> str:
    """Leave no room in the home; how, in words. A run that did not begin with `apart` only pretends."""
    if any(_APART) and _mount_small(world.root):
        left = world.random.choice((0, 4096, 20_000))
        _fill_up(world.root, left)
        return f"a file system of its own with {left} bytes left"
    _pretend()
    return "the system reports no room, and files may not grow"


def _mount_small(root: Path) -> bool:
    """Put the home on a tmpfs that only this process sees; False where the system forbids it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None)
    aside = root.with_name(f"{root.name}-aside")
    shutil.copytree(root, aside)
    size = sum(p.stat().st_size for p in aside.rglob("*") if p.is_file()) + SPARE
    size += 4096 * sum(1 for _ in aside.rglob("*"))  # a page is the least a file takes
    if libc.mount(b"drill", str(root).encode(), b"tmpfs", 0, f"size={size},mode=0700".encode()) != 0:
        shutil.rmtree(aside)
        return False
    shutil.copytree(aside, root, dirs_exist_ok=True)
    shutil.rmtree(aside)
    return True


def _become_root(libc: ctypes.CDLL) -> bool:
    """Root of a user namespace of this process's own, with no right over anything else."""
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    except OSError:
        return False
    return True


def _fill_up(root: Path, left: int) -> None:
    with (root / "someone-elses-film.mkv").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - left))


def _pretend() -> None:
    import resource
    import signal

    original = shutil.disk_usage

    def none_left(path: object) -> object:
        seen = original(str(path))
        return type(seen)(seen.total, seen.total, 0)

    shutil.disk_usage = none_left  # type: ignore[assignment]  # the same three numbers
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
