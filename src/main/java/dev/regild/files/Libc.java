package dev.regild.files;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** What Java has no call for: umask(2) and geteuid(2). Neither can fail. */
@SuppressWarnings("restricted") // Native calls are what this class is for.
final class Libc {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle UMASK =
      bound("umask", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle GETEUID =
      bound("geteuid", FunctionDescriptor.of(ValueLayout.JAVA_INT));

  private Libc() {}

  /** Sets the mask, and returns the one before. */
  static int umask(int mask) {
    try {
      return (int) UMASK.invokeExact(mask);
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  static int geteuid() {
    try {
      return (int) GETEUID.invokeExact();
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  private static MethodHandle bound(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }
}
