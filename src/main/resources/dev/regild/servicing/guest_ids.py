"""Another range of user and group ids for a guest: its root is a user of the host that nobody is.

The guest's programs run in a user namespace in which id 0 is BASE of the host, and see their disk
through an idmapped mount (mount_setattr(2), MOUNT_ATTR_IDMAP), which shows what belongs to id 0 on
the disk as theirs. So what they own on the disk is what it would be without, and whatever else of
the host they came across they would come across as a stranger.
"""

import ctypes
import errno
import os
import stat
import struct
import subprocess

# Half of all ids, from 2^31 on, where distributions put no user and containers none of their ranges.
BASE = 1 << 31
COUNT = (1 << 31) - 1

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER = 0x10000000
OPEN_TREE, OPENAT2, MOUNT_SETATTR = 428, 437, 442
RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH = 1, 2, 4, 8
OPEN_TREE_CLONE, AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = 1, -100, 0x1000, 0x8000
MOUNT_ATTR_IDMAP = 0x00100000

CAPABILITIES = "security.capability"

# Clocks may be set back a little; a file more costs nothing.
MARGIN = 3600


def user_namespace():
    """Returns a descriptor of a user namespace with the range."""
    ready, told = os.pipe()
    leave, left = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(left)
        os.write(told, b"y" if LIBC.unshare(CLONE_NEWUSER) == 0 else b"n")
        os.read(leave, 1)
        os._exit(0)
    os.close(told)
    os.close(leave)
    try:
        if os.read(ready, 1) != b"y":
            raise OSError(errno.EPERM, "This kernel makes no user namespace")
        for name in "uid_map", "gid_map":
            with open(f"/proc/{child}/{name}", "w", encoding="ascii") as ids:
                ids.write(f"0 {BASE} {COUNT}")
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(ready)
        os.close(left)
        os.waitpid(child, 0)


def mapped_tree(path, namespace):
    """Returns a detached copy of all that is mounted at and below a path, with the range mapped.

    Raises OSError if one of the file systems can't be mapped on this kernel.
    """
    return mapped(AT_FDCWD, os.fsencode(path), AT_RECURSIVE, namespace)


def mapped_root(root, namespace):
    """Returns the same of the one mount that a descriptor is of."""
    return mapped(root, b"", AT_EMPTY_PATH, namespace)


def mapped(directory, path, which, namespace):
    flags = OPEN_TREE_CLONE | os.O_CLOEXEC | which
    copy = call(OPEN_TREE, ctypes.c_long(directory), path, ctypes.c_long(flags))
    attributes = ctypes.create_string_buffer(struct.pack("=QQQQ", MOUNT_ATTR_IDMAP, 0, 0, namespace), 32)
    try:
        call(MOUNT_SETATTR, ctypes.c_long(copy), b"", ctypes.c_long(AT_EMPTY_PATH | which),
             ctypes.byref(attributes), ctypes.c_long(32))
    except OSError:
        os.close(copy)
        raise
    return copy


def become_root(namespace):
    """Makes the calling process the root of the namespace, and nobody outside of it."""
    if LIBC.setns(namespace, CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "Entering the user namespace failed")
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def keep_capabilities_plain(root, paths):
    """Writes the capabilities of files as the root of the host would have.

    What setcap writes in a user namespace has the namespace's root in it (revision 3 of
    security.capability, capabilities(7)); on the disk that is id 0. It means the same, but the bytes
    are others, and a kernel before 4.14 refuses them, such as that of RHEL 7. Written through the
    mount without a mapping, they become revision 2.

    root: a descriptor of the root of a file system, mounted without a mapping
    paths: of files below it, as bytes; no link is followed to any
    Returns how many were written.
    """
    written = 0
    for path in paths:
        try:
            file = open_beneath(root, path)
        except OSError as e:
            if e.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EXDEV):
                continue
            raise
        try:
            if stat.S_ISREG(os.fstat(file).st_mode):
                os.setxattr(file, CAPABILITIES, os.getxattr(file, CAPABILITIES), os.XATTR_REPLACE)
                written += 1
        except OSError as e:
            if e.errno not in (errno.ENODATA, errno.EOPNOTSUPP):
                raise
        finally:
            os.close(file)
    return written


def open_beneath(root, path):
    """Opens a file below a directory, on its mount, with no link on the way."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH
    how = ctypes.create_string_buffer(struct.pack("=QQQ", flags, 0, resolve), 24)
    return call(OPENAT2, ctypes.c_long(root), path, ctypes.byref(how), ctypes.c_long(24))


def changed_files(root, since):
    """Yields the files of a file system whose content, rights or attributes have changed, as paths
    below its root. The guest may have bent the path that it was mounted on; a descriptor of its root
    leads to it all the same.

    root: a descriptor of its root
    """
    command = ["find", ".", "-xdev", "-type", "f", "-newerct", f"@{int(since) - MARGIN}", "-print0"]
    with subprocess.Popen(command, cwd=f"/proc/self/fd/{root}", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, env={"PATH": "/usr/bin:/bin"}) as find:
        rest = b""
        while True:
            part = find.stdout.read(1 << 16)
            *paths, rest = (rest + part).split(b"\0")
            yield from paths
            if not part:
                break
    if find.returncode != 0:
        raise OSError(errno.EIO, "find could not read the guest's file system")


def call(number, *arguments):
    result = LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
