"""Control groups for what runs in a guest: memory, processes, and the traffic of its disk.

Each controller is found where this host has it: in the unified hierarchy (cgroups(7), version 2),
where a manager such as systemd has to have delegated our group to us, or in one of version 1. What
the host can't give is not passed over: GuestGroup.missing says what and why.
"""

import errno
import os
import re
import signal
import time
from typing import Dict, List, NamedTuple, Optional

MIB = 1024 * 1024

# The group of ours that what stands in a delegated group moves to: in version 2 a group with
# controllers for its children has no processes of its own.
LEAF = "regild-host"
GUEST = "regild-guest-"

OLD_TRAFFIC = "blkio.throttle.%s_bps_device"
NEW_TRAFFIC = "io.max"

DELEGATED = ("trusted.delegate", "user.delegate")


def most_memory() -> int:
    """4 GiB, and less where the host has little itself."""
    return min(4096 * MIB, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4)


class Limits(NamedTuple):
    """memory in bytes, swap included; traffic in bytes a second, for each device and direction."""

    memory: int = most_memory()
    processes: int = 2048
    traffic: int = 512 * MIB


class Controller(NamedTuple):
    """What bounds one thing, by its names in version 1 and 2."""

    bounds: str
    old: str
    new: str


MEMORY = Controller("memory", "memory", "memory")
PROCESSES = Controller("processes", "pids", "pids")
TRAFFIC = Controller("disk traffic", "blkio", "io")
CONTROLLERS = (MEMORY, PROCESSES, TRAFFIC)


class Unavailable(Exception):
    """This host does not give a controller; the message is why."""


class GuestGroup:
    """The groups of one guest. Whoever makes one removes it.

    Their directories stay open: the guest is held by a process that no longer sees the host's files.
    """

    def __init__(self, limits: Limits = Limits(), proc: str = "/proc"):
        self.limits = limits
        self.held = []  # type: List[str]
        self.missing = []  # type: List[str]
        self._paths = []  # type: List[str]
        self._opened = {}  # type: Dict[str, int]
        name = GUEST + str(os.getpid())
        hierarchies = Hierarchies(proc)
        for controller in CONTROLLERS:
            try:
                path, version = hierarchies.group(controller, name)
                if path not in self._paths:
                    self._paths.append(path)
                directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                self._limit(controller, directory, version)
                self._opened[controller.bounds] = directory
                self.held.append("%s (cgroup v%d)" % (controller.bounds, version))
            except (Unavailable, OSError) as e:
                self.missing.append("%s: %s" % (controller.bounds, e))

    def _limit(self, controller: Controller, directory: int, version: int) -> None:
        if controller is PROCESSES:
            write("pids.max", self.limits.processes, directory)
        elif controller is MEMORY and version == 2:
            write("memory.max", self.limits.memory, directory)
            write_if_there("memory.swap.max", 0, directory)
        elif controller is MEMORY:
            write("memory.limit_in_bytes", self.limits.memory, directory)
            write_if_there("memory.memsw.limit_in_bytes", self.limits.memory, directory)
        elif not is_there(OLD_TRAFFIC % "read", directory) and not is_there(NEW_TRAFFIC, directory):
            raise Unavailable("this kernel can't slow devices down (CONFIG_BLK_DEV_THROTTLING)")

    def limit_device(self, number: int) -> None:
        """Bounds the traffic between the guest and a block device, by its number (st_rdev)."""
        directory = self._opened.get(TRAFFIC.bounds)
        if directory is None:
            return
        device = "%d:%d" % (os.major(number), os.minor(number))
        most = self.limits.traffic
        if is_there(NEW_TRAFFIC, directory):
            write(NEW_TRAFFIC, "%s rbps=%d wbps=%d" % (device, most, most), directory)
        else:
            for way in "read", "write":
                write(OLD_TRAFFIC % way, "%s %d" % (device, most), directory)

    def enter(self) -> None:
        """Puts the calling process into the groups, and with it all that it starts."""
        for directory in self._opened.values():
            write("cgroup.procs", 0, directory)

    def remove(self) -> None:
        """Ends what is left in the groups, and removes them."""
        for directory in self._opened.values():
            os.close(directory)
        self._opened = {}
        for path in self._paths:
            remove(path)
        self._paths = []


class Hierarchies:
    """Where this process stands in each hierarchy of control groups."""

    def __init__(self, proc: str = "/proc"):
        self._old = {}  # type: Dict[str, str]
        self._new = None  # type: Optional[str]
        own = own_groups(os.path.join(proc, "self/cgroup"))
        with open(os.path.join(proc, "self/mountinfo"), encoding="utf-8") as mounts:
            for line in mounts:
                self._add(line, own)

    def _add(self, line: str, own: Dict[str, str]) -> None:
        before, _, after = line.partition(" - ")
        root, point = (unescaped(word) for word in before.split()[3:5])
        kind, _, options = after.split()[:3]
        if kind == "cgroup2":
            self._new = self._new or below(point, root, own.get(""))
        elif kind == "cgroup":
            for controller in options.split(","):
                directory = below(point, root, own.get(controller))
                if directory:
                    self._old.setdefault(controller, directory)

    def group(self, controller: Controller, name: str):
        """Makes the group of a name; returns its directory and the version of its hierarchy."""
        if controller.old in self._old:
            remove_left(self._old[controller.old])
            return made(self._old[controller.old], name), 1
        if self._new is None:
            raise Unavailable("no hierarchy of control groups is mounted (/sys/fs/cgroup)")
        base = self._new
        if os.path.basename(base) == LEAF:
            base = os.path.dirname(base)
        if controller.new not in read(base, "cgroup.controllers").split():
            raise Unavailable("%s has no controller %s" % (base, controller.new))
        if controller.new not in read(base, "cgroup.subtree_control").split():
            delegate(base, controller.new)
        remove_left(base)
        return made(base, name), 2


def delegate(base: str, controller: str) -> None:
    """Hands a controller down to the groups below ours."""
    is_root = not os.path.exists(os.path.join(base, "cgroup.type"))
    if not is_root and not is_delegated(base):
        raise Unavailable(
            "systemd has not delegated %s to Regild; add Delegate=yes to its unit" % base
        )
    for attempt in range(20):
        try:
            write(os.path.join(base, "cgroup.subtree_control"), "+" + controller)
            return
        except OSError as e:
            if e.errno != errno.EBUSY or attempt == 19:
                raise
        leaf = made(base, LEAF)
        for process in processes(base):
            try:
                write(os.path.join(leaf, "cgroup.procs"), process)
            except ProcessLookupError:
                pass


def is_delegated(directory: str) -> bool:
    for name in DELEGATED:
        try:
            if os.getxattr(directory, name) == b"1":
                return True
        except OSError:
            pass
    return False


def own_groups(path: str) -> Dict[str, str]:
    """Our group in each hierarchy, by its controllers; by "" in the unified one."""
    groups = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            _, controllers, group = line.rstrip("\n").split(":", 2)
            for controller in controllers.split(","):
                groups[controller] = group
    return groups


def below(point: str, root: str, group: Optional[str]) -> Optional[str]:
    """Where a group lies, if what is mounted holds it."""
    if group is None or not (group + "/").startswith(root.rstrip("/") + "/"):
        return None
    return os.path.normpath(point + "/" + group[len(root.rstrip("/")) :])


def unescaped(word: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), word)


def made(base: str, name: str) -> str:
    path = os.path.join(base, name)
    try:
        os.mkdir(path, 0o755)
    except FileExistsError:
        pass
    return path


def remove(path: str) -> None:
    for _ in range(100):
        for process in processes(path):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.rmdir(path)
            return
        except FileNotFoundError:
            return
        except OSError as e:
            if e.errno != errno.EBUSY:
                raise
            time.sleep(0.02)
    raise OSError(errno.EBUSY, "Processes in %s do not end" % path)


def remove_left(base: str) -> None:
    """Removes the groups of makers that were killed; a group with a process can't be removed."""
    for name in os.listdir(base):
        maker = name[len(GUEST) :]
        if name.startswith(GUEST) and maker.isdigit() and not os.path.exists("/proc/" + maker):
            try:
                os.rmdir(os.path.join(base, name))
            except OSError:
                pass


def processes(path: str) -> List[int]:
    try:
        return [int(line) for line in read(path, "cgroup.procs").split()]
    except FileNotFoundError:
        return []


def read(path: str, name: str) -> str:
    with open(os.path.join(path, name), encoding="utf-8") as file:
        return file.read()


def is_there(name: str, directory: int) -> bool:
    try:
        os.stat(name, dir_fd=directory)
        return True
    except FileNotFoundError:
        return False


def write(name: str, value: object, directory: Optional[int] = None) -> None:
    file = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=directory)
    try:
        os.write(file, str(value).encode())
    finally:
        os.close(file)


def write_if_there(name: str, value: object, directory: int) -> None:
    if is_there(name, directory):
        write(name, value, directory)
