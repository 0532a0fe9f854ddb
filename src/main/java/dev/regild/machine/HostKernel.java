package dev.regild.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What the host's kernel offers, asked by its own calls. */
@SuppressWarnings("restricted") // Native calls are what this class is for.
public final class HostKernel {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));
  private static final MethodHandle SYSCALL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG),
          Linker.Option.firstVariadicArg(1),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle STRERROR =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("strerror"), FunctionDescriptor.of(ADDRESS, JAVA_INT));
  private static final MethodHandle ADJTIMEX =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("adjtimex"), FunctionDescriptor.of(JAVA_INT, ADDRESS));

  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  // Numbers from 424 on are the same on every architecture.
  private static final long OPEN_TREE = 428;
  private static final long MOUNT_SETATTR = 442;
  private static final long LANDLOCK_CREATE_RULESET = 444;

  private static final long AT_FDCWD = -100;
  private static final long AT_EMPTY_PATH = 0x1000;
  private static final long OPEN_TREE_CLONE = 1;
  private static final long LANDLOCK_CREATE_RULESET_VERSION = 1;
  private static final long MOUNT_ATTR_IDMAP = 0x00100000;
  private static final long MOUNT_ATTR_BYTES = 32;

  /** More than struct timex has on any architecture. */
  private static final long TIMEX_BYTES = 512;

  /** adjtimex(2): the clock is not synchronized. */
  private static final int TIME_ERROR = 5;

  private HostKernel() {}

  /** The version of Landlock's interface: landlock_create_ruleset(2); 0 if there is none. */
  public static int landlockVersion() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long version =
          call(
              state,
              LANDLOCK_CREATE_RULESET,
              0,
              MemorySegment.NULL,
              LANDLOCK_CREATE_RULESET_VERSION,
              MemorySegment.NULL,
              0);
      return (int) Math.max(0, version);
    }
  }

  /** Whether something keeps the clock right: adjtimex(2). */
  public static boolean clockIsSynchronized() {
    try (Arena arena = Arena.ofConfined()) {
      return (int) ADJTIMEX.invokeExact(arena.allocate(TIMEX_BYTES)) != TIME_ERROR;
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  /**
   * Maps the owners of a detached copy of a mount, which is gone when this returns.
   *
   * @throws IOException if the kernel or the file system can't, or our user isn't root
   * @throws ProgramException if no user namespace can be made for the mapping
   */
  public static void mapIds(Path mounted)
      throws IOException, ProgramException, InterruptedException {
    // It repeats a line when it is in its namespace, and ends with its input.
    Process holder = Program.of("unshare", "--user", "--map-root-user", "cat").start();
    try (Arena arena = Arena.ofConfined();
        var input = holder.outputWriter(StandardCharsets.US_ASCII);
        var output = holder.inputReader(StandardCharsets.US_ASCII)) {
      input.write("ready\n");
      input.flush();
      if (output.readLine() == null) {
        throw new ProgramException("cannot create a user namespace here");
      }
      mapIds(arena, mounted, Path.of("/proc", "" + holder.pid(), "ns", "user"));
    } finally {
      holder.destroyForcibly();
      holder.waitFor();
    }
  }

  private static void mapIds(Arena arena, Path mounted, Path namespace) throws IOException {
    MemorySegment state = arena.allocate(STATE);
    int users = open(arena, state, namespace);
    try {
      MemorySegment path = arena.allocateFrom(mounted.toString());
      long copy = call(state, OPEN_TREE, AT_FDCWD, path, OPEN_TREE_CLONE, MemorySegment.NULL, 0);
      require(state, copy, "no copy of the mount of " + mounted);
      try {
        MemorySegment attributes = arena.allocate(MOUNT_ATTR_BYTES, JAVA_LONG.byteAlignment());
        attributes.setAtIndex(JAVA_LONG, 0, MOUNT_ATTR_IDMAP);
        attributes.setAtIndex(JAVA_LONG, 3, users);
        MemorySegment itself = arena.allocateFrom("");
        long mapped =
            call(state, MOUNT_SETATTR, copy, itself, AT_EMPTY_PATH, attributes, MOUNT_ATTR_BYTES);
        require(state, mapped, "no id mapping on the file system of " + mounted);
      } finally {
        close((int) copy);
      }
    } finally {
      close(users);
    }
  }

  private static int open(Arena arena, MemorySegment state, Path file) throws IOException {
    try {
      int opened = (int) OPEN.invokeExact(state, arena.allocateFrom(file.toString()), 0);
      require(state, opened, file + " can't be opened");
      return opened;
    } catch (IOException e) {
      throw e;
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  private static void close(int descriptor) {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  private static void require(MemorySegment state, long result, String what) throws IOException {
    if (result < 0) {
      throw new IOException(what + ": " + error((int) ERRNO.get(state, 0L)));
    }
  }

  private static String error(int number) {
    try {
      MemorySegment text = (MemorySegment) STRERROR.invokeExact(number);
      return text.reinterpret(256).getString(0);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  private static long call(
      MemorySegment state,
      long number,
      long first,
      MemorySegment second,
      long third,
      MemorySegment fourth,
      long fifth) {
    try {
      return (long) SYSCALL.invokeExact(state, number, first, second, third, fourth, fifth);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }
}
