"""Other programs that hold something of a home: each a process of its own, gone with the run that began it."""

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trendctl.drill.world import World

LOCK = """
import sys
from filelock import FileLock
lock = FileLock(sys.argv[1]); lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""
MEMORY = """
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    held = [mmap.mmap(file.fileno(), 0) for _ in range(int(sys.argv[2]))]
total = sum(part[at] for part in held for at in range(0, len(part), 4096))
print("held", flush=True)
sys.stdin.read()
"""


def hold(world: "World", script: str, *args: str) -> int:
    """Start a script that says when it holds, and ends when its input does; its process id."""
    holder = subprocess.Popen(
        [sys.executable, "-c", script, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None

    def end() -> None:
        holder.kill()
        holder.communicate()

    world.ends.append(end)
    if holder.stdout.readline() != "held\n":
        raise RuntimeError("the holder holds nothing")
    return holder.pid
