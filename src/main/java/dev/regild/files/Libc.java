package dev.regild.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** What Java has no call for: umask(2), open(2) with O_PATH, and close(2). */
@SuppressWarnings("restricted") // Native calls are what this class is for.
final class Libc {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle UMASK =
      bound("umask", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle CLOSE =
      bound("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  /** On Linux, on x86-64: O_PATH, O_NOFOLLOW and O_CLOEXEC. */
  private static final int PATH_ITSELF = 0x200000 | 0x20000 | 0x80000;

  private Libc() {}

  /** Sets the mask, and returns the one before. */
  static int umask(int mask) {
    try {
      return (int) UMASK.invokeExact(mask);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  /**
   * A descriptor that only names a file, a link itself included; negative if it can't be opened.
   */
  static int openPath(Path path) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) OPEN.invokeExact(arena.allocateFrom(path.toString()), PATH_ITSELF);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  static void close(int descriptor) {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  private static MethodHandle bound(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }
}
