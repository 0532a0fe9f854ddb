"""What stands between a guest's programs and the host besides their namespaces: a filter of system
calls, control groups, and ids of their own.

It is made while the host's files are in sight, and used where they no longer are.
"""

import ctypes
import os
import platform
import resource
import struct

import guest_ids
import guest_limits
import guest_seccomp


LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


class Unconfined(Exception):
    """Guests can't be held on this machine; the message is why."""


def dump_nothing():
    """Keeps the calling process, and what it starts, from being dumped when it crashes: 1, as the kernel
    ignores 0 where dumps go to a program of the host's (core(5))."""
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


class Confinement:
    """What holds one guest. `held` and `missing` say in words what this host gives and what not."""

    def __init__(self):
        self.group = guest_limits.GuestGroup()
        self._unmappable = None
        self.held = ["system call filter"] + self.group.held
        self.missing = list(self.group.missing)
        self.machine = platform.machine()
        try:
            dump_nothing()
        except ValueError:
            self.missing.append("no dumps: the limit of core files is 0, which a program that takes them "
                                "does not heed, and can't be raised to 1 without CAP_SYS_RESOURCE")
        self._filter = self._made(foreign=False)
        try:
            self._space = guest_ids.user_namespace()
            self.held.append("ids of its own")
        except OSError as e:
            self._space = None
            self._no_ids(e)

    def _no_ids(self, reason):
        if "ids of its own" in self.held:
            self.held.remove("ids of its own")
        self.missing.append(f"ids of its own, so root in a guest is root of the host: {reason}")

    def _made(self, foreign):
        filter_file = os.memfd_create("regild-filter")
        try:
            os.write(filter_file, guest_seccomp.compile_filter(self.machine, foreign))
        except guest_seccomp.TableError as e:
            raise Unconfined(str(e)) from e
        return filter_file

    def open_foreign_entry(self):
        """Lets 32-bit programs run; the disk has some, and packages of theirs run them."""
        if guest_seccomp.FOREIGN[self.machine]:
            os.close(self._filter)
            self._filter = self._made(foreign=True)
            self.missing.append("a closed entry for 32-bit programs: the disk has some")

    def can_map(self, root):
        """Whether a file system can have ids of the guest's own, by a descriptor of its root. One that
        can't is a matter of its type, if another can."""
        if self._space is None:
            return False
        try:
            os.close(guest_ids.mapped_root(root, self._space))
            return True
        except OSError as e:
            self._unmappable = e.strerror
            return False

    def mapped_tree(self, path):
        """Returns a detached copy of what is mounted at and below a path, as the guest is to see it."""
        return guest_ids.mapped_tree(path, self._space)

    def give_up_ids(self):
        """Lets the guest have the host's ids, as this kernel maps none."""
        if self._space is not None:
            os.close(self._space)
            self._space = None
            self._no_ids(f"this kernel can't map a disk's ids ({self._unmappable})")

    @property
    def root_id(self):
        """The host's number of the user and group that are the guest's root."""
        return 0 if self._space is None else guest_ids.BASE

    def descriptors(self):
        return [self._filter]

    def arguments(self):
        """For bubblewrap, which reads the filter from where it stands to its end."""
        os.lseek(self._filter, 0, os.SEEK_SET)
        return ["--seccomp", str(self._filter)]

    def filter_calls(self):
        """Puts the calling process, which has given up new privileges, behind the filter."""
        code = os.pread(self._filter, os.fstat(self._filter).st_size, 0)
        instructions = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions))
        if LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(program), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "The system call filter can't be set")

    def enter_groups(self):
        """Puts the calling process, which holds the guest, into the control groups, for it and for
        each program that it starts: to change groups takes the kernel tens of milliseconds."""
        self.group.enter()

    def enter(self):
        """Makes the calling process, a child of the holder, one of the guest's. Where memory runs out,
        it ends before the holder and before what else the host runs."""
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
            score.write("500")
        if self._space is not None:
            guest_ids.become_root(self._space)

    def keep_disk_plain(self, root, since):
        """Leaves on a file system no trace of the ids that it was seen by.

        root: a descriptor of its root, mounted as it is
        since: when the guest was opened, in seconds since 1970
        """
        if self._space is not None:
            guest_ids.keep_capabilities_plain(root, guest_ids.changed_files(root, since))

    def remove(self):
        self.group.remove()
