package dev.regild.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * libguestfs.so.0, loaded when it is first used. Its ABI is stable: guestfs(3), "ABI guarantee".
 * Functions are bound by name, once each; their descriptors follow from the arguments.
 */
@SuppressWarnings("restricted") // Native calls are what this class is for.
final class GuestfsLibrary {
  private static final String FILE = "libguestfs.so.0";
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Map<String, MethodHandle> HANDLES = new ConcurrentHashMap<>();

  private static @Nullable SymbolLookup library;

  private GuestfsLibrary() {}

  /**
   * Calls a function.
   *
   * @param result what it returns; null for void
   * @param arguments Strings (as {@code const char *}), Integers, Longs and MemorySegments
   * @throws GuestfsException if the library is not installed, or is too old to have the function
   */
  static @Nullable Object call(@Nullable MemoryLayout result, String function, Object... arguments)
      throws GuestfsException {
    SymbolLookup symbols = loaded();
    MethodHandle handle = HANDLES.get(function);
    if (handle == null) {
      handle = bind(symbols, result, function, arguments);
      HANDLES.put(function, handle);
    }
    try (Arena arena = Arena.ofConfined()) {
      List<Object> natives = new ArrayList<>();
      for (Object argument : arguments) {
        natives.add(argument instanceof String s ? arena.allocateFrom(s) : argument);
      }
      return handle.invokeWithArguments(natives);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable impossible) {
      throw new AssertionError("a native function threw", impossible);
    }
  }

  /** The C string there, as UTF-8; empty for NULL. It is not freed. */
  static Optional<String> string(MemorySegment pointer) {
    return pointer.equals(MemorySegment.NULL)
        ? Optional.empty()
        : Optional.of(pointer.reinterpret(Long.MAX_VALUE).getString(0));
  }

  /** The C string there, which is then freed. */
  static String takeString(MemorySegment pointer) throws GuestfsException {
    String string = string(pointer).orElseThrow();
    free(pointer);
    return string;
  }

  /** The bytes there, which are then freed. */
  static byte[] takeBytes(MemorySegment pointer, long size) throws GuestfsException {
    byte[] bytes = pointer.reinterpret(size).toArray(JAVA_BYTE);
    free(pointer);
    return bytes;
  }

  /** The NULL-terminated array of C strings there, which is then freed with its strings. */
  static List<String> takeStrings(MemorySegment pointer) throws GuestfsException {
    MemorySegment array = pointer.reinterpret(Long.MAX_VALUE);
    List<String> strings = new ArrayList<>();
    MemorySegment element = array.getAtIndex(ADDRESS, 0);
    for (int i = 1; !element.equals(MemorySegment.NULL); i++) {
      strings.add(takeString(element));
      element = array.getAtIndex(ADDRESS, i);
    }
    free(pointer);
    return strings;
  }

  /** A NULL-terminated array of C strings. */
  static MemorySegment strings(Arena arena, List<String> strings) {
    MemorySegment array = arena.allocate(ADDRESS, strings.size() + 1L);
    for (int i = 0; i < strings.size(); i++) {
      array.setAtIndex(ADDRESS, i, arena.allocateFrom(strings.get(i)));
    }
    return array;
  }

  private static void free(MemorySegment pointer) throws GuestfsException {
    var _ = call(null, "free", pointer);
  }

  private static synchronized SymbolLookup loaded() throws GuestfsException {
    SymbolLookup found = library;
    if (found == null) {
      try {
        found = SymbolLookup.libraryLookup(FILE, Arena.global()).or(LINKER.defaultLookup());
      } catch (IllegalArgumentException e) {
        throw new GuestfsException(
            FILE + " can't be loaded: on Debian, apt-get install libguestfs0", e);
      }
      library = found;
    }
    return found;
  }

  private static MethodHandle bind(
      SymbolLookup symbols, @Nullable MemoryLayout result, String function, Object... arguments)
      throws GuestfsException {
    MemorySegment address =
        symbols
            .find(function)
            .orElseThrow(() -> new GuestfsException(FILE + " is too old: it has no " + function));
    MemoryLayout[] layouts = new MemoryLayout[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      layouts[i] = layout(arguments[i]);
    }
    FunctionDescriptor descriptor =
        result == null
            ? FunctionDescriptor.ofVoid(layouts)
            : FunctionDescriptor.of(result, layouts);
    return LINKER.downcallHandle(address, descriptor);
  }

  private static MemoryLayout layout(Object argument) {
    return switch (argument) {
      case String _, MemorySegment _ -> ADDRESS;
      case Integer _ -> JAVA_INT;
      case Long _ -> JAVA_LONG;
      default -> throw new IllegalArgumentException("no C type for " + argument.getClass());
    };
  }
}
