package dev.regild.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

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
 *
 * <p>A function's result comes from the appliance, which a hostile disk may control. So each result
 * has a limit here, and is freed in any case.
 */
@SuppressWarnings("restricted") // Native calls are what this class is for.
final class GuestfsLibrary {
  /** In bytes, of a name, a path, a label. */
  static final int LONGEST_NAME = 64 << 10;

  /** In bytes, of all that libguestfs can carry in one message (guestfs(3), PROTOCOL LIMITS). */
  static final int LONGEST_TEXT = 4 << 20;

  /** Of lists: a disk with 128 partitions and as many volumes has some hundred entries. */
  static final int MOST_STRINGS = 10_000;

  /** In bytes, of what is kept of an error. */
  private static final int LONGEST_ERROR = 16 << 10;

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

  /** The beginning of the text of an error; empty for NULL. It is not freed. */
  static Optional<String> error(MemorySegment pointer) throws GuestfsException {
    return pointer.equals(MemorySegment.NULL)
        ? Optional.empty()
        : Optional.of(text(pointer, length(pointer, LONGEST_ERROR)));
  }

  /**
   * The C string there, which is then freed.
   *
   * @param most bytes that it may have
   * @throws GuestfsException if it is longer
   */
  static String takeString(MemorySegment pointer, int most) throws GuestfsException {
    try {
      long length = length(pointer, most + 1L);
      if (length > most) {
        throw new GuestfsException(
            "the appliance sent more than %d bytes of text; the disk may be hostile"
                .formatted(most));
      }
      return text(pointer, length);
    } finally {
      free(pointer);
    }
  }

  /**
   * The bytes there, which are then freed.
   *
   * @param most that were asked for
   * @throws GuestfsException if there are more
   */
  static byte[] takeBytes(MemorySegment pointer, long size, int most) throws GuestfsException {
    try {
      if (size < 0 || size > most) {
        throw new GuestfsException(
            "the appliance sent %s bytes when at most %d were requested"
                .formatted(Long.toUnsignedString(size), most));
      }
      return pointer.reinterpret(size).toArray(JAVA_BYTE);
    } finally {
      free(pointer);
    }
  }

  /**
   * The NULL-terminated array of C strings there, which is then freed with its strings.
   *
   * @throws GuestfsException if there are more than {@value #MOST_STRINGS}, or one is longer than
   *     {@value #LONGEST_NAME} bytes
   */
  static List<String> takeStrings(MemorySegment pointer) throws GuestfsException {
    // Its end is where libguestfs has put NULL: the array is as long as it says, and no message is
    // longer than LONGEST_TEXT.
    MemorySegment array = pointer.reinterpret((LONGEST_TEXT + 1) * ADDRESS.byteSize());
    List<String> strings = new ArrayList<>();
    Optional<GuestfsException> refusal = Optional.empty();
    long i = 0;
    MemorySegment element = array.getAtIndex(ADDRESS, i);
    while (!element.equals(MemorySegment.NULL)) {
      if (refusal.isPresent()) {
        free(element);
      } else if (i == MOST_STRINGS) {
        refusal = Optional.of(tooMany(MOST_STRINGS));
        free(element);
      } else {
        try {
          strings.add(takeString(element, LONGEST_NAME));
        } catch (GuestfsException e) {
          refusal = Optional.of(e);
        }
      }
      element = array.getAtIndex(ADDRESS, ++i);
    }
    free(pointer);
    if (refusal.isPresent()) {
      throw refusal.get();
    }
    return strings;
  }

  static GuestfsException tooMany(int most) {
    return new GuestfsException(
        "the appliance sent a list of more than %d entries; the disk may be hostile"
            .formatted(most));
  }

  private static String text(MemorySegment pointer, long length) {
    return new String(pointer.reinterpret(length).toArray(JAVA_BYTE), UTF_8);
  }

  /** The number of bytes before the first NUL, up to a limit: strnlen(3). */
  private static long length(MemorySegment pointer, long most) throws GuestfsException {
    return (long) requireNonNull(call(JAVA_LONG, "strnlen", pointer, most));
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
            FILE + " cannot be loaded: on Debian, apt-get install libguestfs0", e);
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
            .orElseThrow(() -> new GuestfsException(FILE + " is too old: it lacks " + function));
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
