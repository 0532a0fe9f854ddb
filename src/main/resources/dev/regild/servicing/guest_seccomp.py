"""Compiles guest-syscalls.txt to the seccomp filter under which a guest's programs run.

The filter is classic BPF, as bubblewrap takes it with --seccomp and the kernel checks it
(seccomp(2)): the architecture chooses a section, and in it the call's number is looked up by
halving. What is in no section and in no range gets ENOSYS, which closes foreign entries
(i386 on x86-64, x32) and the calls of newer kernels.
"""

import errno
import os
import re
import struct
from typing import Dict, List, NamedTuple, Tuple

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest-syscalls.txt")

# AUDIT_ARCH_* of <linux/audit.h>, by the machine's name as uname(2) has it.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i686": 0x40000003}

# The machines whose programs a processor runs besides its own.
FOREIGN = {"x86_64": ["i686"], "aarch64": []}

ALLOW = "allow"
DONE = "done"
UNKNOWN = "ENOSYS"

# Offsets in struct seccomp_data; the low half of an argument comes first on these machines.
NUMBER = 0
ARCHITECTURE = 4
ARGUMENTS = 16

# Instructions of <linux/bpf_common.h>.
LOAD = 0x20
AND = 0x54
JUMP = 0x05
JUMP_IF_EQUAL = 0x15
JUMP_IF_AT_LEAST = 0x35
RETURN = 0x06

RETURN_ALLOW = 0x7FFF0000
RETURN_ERRNO = 0x00050000

FARTHEST_JUMP = 255


class Condition(NamedTuple):
    argument: int
    mask: int
    values: List[int]


class Clause(NamedTuple):
    """Decides if all its conditions hold."""

    conditions: List[Condition]
    verdict: str


class Call(NamedTuple):
    name: str
    numbers: Dict[str, int]
    clauses: List[Clause]


class TableError(Exception):
    """The table can't be read; the message names the line."""


def compile_filter(machine: str, foreign: bool = False, table: str = TABLE) -> bytes:
    """Returns the filter for a machine (x86_64, aarch64).

    foreign: whether programs of the machine's 32-bit sibling may run, under the same verdicts.
    """
    if machine not in FOREIGN:
        raise TableError(
            "There is no system call filter for the machine %s. Use the isolation vm." % machine
        )
    with open(table, encoding="utf-8") as lines:
        calls = read_table(lines.read())
    machines = [machine] + (FOREIGN[machine] if foreign else [])
    return b"".join(struct.pack("=HBBI", *each) for each in program(calls, machines))


def read_table(text: str) -> List[Call]:
    calls = []
    seen = {name: set() for name in ARCHITECTURES}  # type: Dict[str, set]
    for at, line in enumerate(text.splitlines(), 1):
        line = line.split("#", 1)[0].rstrip()
        try:
            if line.startswith(" "):
                calls[-1].clauses.append(read_clause(line))
            elif line:
                calls.append(read_call(line.split(), seen))
        except (ValueError, IndexError, AttributeError) as e:
            raise TableError("guest-syscalls.txt, line %d: %s (%s)" % (at, line, e)) from e
    for call in calls:
        if not call.clauses or call.clauses[-1].conditions:
            raise TableError("guest-syscalls.txt: %s has no last word (else)" % call.name)
    return calls


def read_call(words: List[str], seen: Dict[str, set]) -> Call:
    verdict, name, *columns = words
    if len(columns) != len(ARCHITECTURES):
        raise ValueError("not %d numbers" % len(ARCHITECTURES))
    numbers = {}
    for machine, column in zip(ARCHITECTURES, columns):
        if column != "-":
            number = int(column)
            if number in seen[machine]:
                raise ValueError("%d is there twice" % number)
            seen[machine].add(number)
            numbers[machine] = number
    return Call(name, numbers, [] if verdict == "by" else [Clause([], known(verdict))])


def read_clause(line: str) -> Clause:
    given, verdict = (part.strip() for part in line.split(" : "))
    if given == "else":
        return Clause([], known(verdict))
    conditions = []
    for condition in re.split(r" & (?=arg)", given):
        match = re.fullmatch(r"arg([0-5])(?: & (\w+))? = (\w+(?:,\w+)*)", condition)
        values = [int(value, 0) for value in match.group(3).split(",")]
        conditions.append(Condition(int(match.group(1)), int(match.group(2) or "0xffffffff", 0), values))
    return Clause(conditions, known(verdict))


def known(verdict: str) -> str:
    if verdict not in (ALLOW, DONE) and not hasattr(errno, verdict):
        raise ValueError("%s is neither allow, done nor an error" % verdict)
    return verdict


def program(calls: List[Call], machines: List[str]) -> List[Tuple[int, int, int, int]]:
    instructions = [(LOAD, 0, 0, ARCHITECTURE)]
    for machine in machines:
        section = [(LOAD, 0, 0, NUMBER)] + search(ranges(calls, machine))
        instructions.append((JUMP_IF_EQUAL, 1, 0, ARCHITECTURES[machine]))
        instructions.append((JUMP, 0, 0, len(section)))
        instructions += section
    return instructions + returning(UNKNOWN)


def ranges(calls: List[Call], machine: str) -> List[Tuple[int, list]]:
    """The first number of each range, and what decides in it; the last has no end."""
    by_number = {call.numbers[machine]: call.clauses for call in calls if machine in call.numbers}
    unknown = [Clause([], UNKNOWN)]
    found = []  # type: List[Tuple[int, list]]
    for number in range(max(by_number) + 2):
        clauses = by_number.get(number, unknown)
        if not found or found[-1][1] != clauses:
            found.append((number, clauses))
    return found


def search(found: List[Tuple[int, list]]) -> List[Tuple[int, int, int, int]]:
    if len(found) == 1:
        return deciding(found[0][1])
    middle = len(found) // 2
    lower, upper = search(found[:middle]), search(found[middle:])
    first = found[middle][0]
    if len(lower) <= FARTHEST_JUMP:
        return [(JUMP_IF_AT_LEAST, len(lower), 0, first)] + lower + upper
    return [(JUMP_IF_AT_LEAST, 0, 1, first), (JUMP, 0, 0, len(lower))] + lower + upper


def deciding(clauses: List[Clause]) -> List[Tuple[int, int, int, int]]:
    instructions = []  # type: List[Tuple[int, int, int, int]]
    for clause in clauses:
        rest = returning(clause.verdict)
        for condition in reversed(clause.conditions):
            rest = testing(condition, otherwise=len(rest)) + rest
        instructions += rest
    return instructions


def testing(condition: Condition, otherwise: int) -> List[Tuple[int, int, int, int]]:
    """Goes on behind itself if the condition holds, else so many instructions further."""
    instructions = [(LOAD, 0, 0, ARGUMENTS + 8 * condition.argument)]
    if condition.mask != 0xFFFFFFFF:
        instructions.append((AND, 0, 0, condition.mask))
    last = len(condition.values) - 1
    for i, value in enumerate(condition.values):
        instructions.append((JUMP_IF_EQUAL, last - i, otherwise if i == last else 0, value))
    return instructions


def returning(verdict: str) -> List[Tuple[int, int, int, int]]:
    if verdict == ALLOW:
        return [(RETURN, 0, 0, RETURN_ALLOW)]
    # An error of number 0 is success.
    return [(RETURN, 0, 0, RETURN_ERRNO | (0 if verdict == DONE else getattr(errno, verdict)))]
