package dev.regild.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HostTools;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Results as libguestfs hands them out, in memory of the C library's, with sizes past all measure.
 */
class GuestfsLibraryTest {
  @BeforeEach
  void requireLibguestfs() {
    boolean installed;
    try {
      installed = !Guestfs.version().isEmpty();
    } catch (GuestfsException e) {
      installed = false;
    }
    HostTools.assume(installed, "libguestfs is not installed");
  }

  @Test
  void aTextIsTakenUpToItsLimit() throws Exception {
    assertThat(GuestfsLibrary.takeString(text("é".repeat(5)), 10)).isEqualTo("ééééé");
    assertThatThrownBy(() -> GuestfsLibrary.takeString(text("a".repeat(11)), 10))
        .isInstanceOf(GuestfsException.class)
        .hasMessageContaining("more than 10 bytes of text");
  }

  @Test
  void anErrorIsCutShort() throws Exception {
    assertThat(GuestfsLibrary.error(text("e".repeat(100_000))).orElseThrow()).hasSize(16 << 10);
    assertThat(GuestfsLibrary.error(MemorySegment.NULL)).isEmpty();
  }

  @Test
  void bytesBeyondThoseAskedForAreRefusedUnread() throws Exception {
    assertThat(GuestfsLibrary.takeBytes(text("abc"), 3, 3)).containsExactly('a', 'b', 'c');
    for (long size : List.of(4L, Long.MAX_VALUE, -1L)) {
      assertThatThrownBy(() -> GuestfsLibrary.takeBytes(text("abc"), size, 3))
          .isInstanceOf(GuestfsException.class)
          .hasMessageContaining("when at most 3 were requested");
    }
  }

  @Test
  void aListIsTakenUpToItsLimit() throws Exception {
    assertThat(GuestfsLibrary.takeStrings(list(2, "a"))).containsExactly("a", "a");
    assertThatThrownBy(() -> GuestfsLibrary.takeStrings(list(GuestfsLibrary.MOST_STRINGS + 5, "a")))
        .isInstanceOf(GuestfsException.class)
        .hasMessageContaining("a list of more than 10000 entries");
    assertThatThrownBy(() -> GuestfsLibrary.takeStrings(list(2, "a".repeat(70_000))))
        .isInstanceOf(GuestfsException.class)
        .hasMessageContaining("more than 65536 bytes of text");
  }

  @Test
  void aListOfPartitionsThatNoDiskHasIsRefused() throws Exception {
    for (int length : List.of(1025, Integer.MAX_VALUE, -1)) {
      MemorySegment list = zeros(16);
      list.set(JAVA_INT, 0, length);
      // The list is not freed as libguestfs would: it has no entries.
      assertThatThrownBy(() -> GuestfsStructs.partitions(list))
          .isInstanceOf(GuestfsException.class)
          .hasMessageContaining("more than 1024 entries");
    }
  }

  private static MemorySegment text(String text) throws GuestfsException {
    return (MemorySegment) requireNonNull(GuestfsLibrary.call(ADDRESS, "strdup", text));
  }

  private static MemorySegment list(int length, String element) throws GuestfsException {
    MemorySegment list = zeros((length + 1) * ADDRESS.byteSize());
    for (int i = 0; i < length; i++) {
      list.setAtIndex(ADDRESS, i, text(element));
    }
    return list;
  }

  @SuppressWarnings("restricted") // Native memory is what this test is about.
  private static MemorySegment zeros(long bytes) throws GuestfsException {
    MemorySegment memory =
        (MemorySegment) requireNonNull(GuestfsLibrary.call(ADDRESS, "calloc", bytes, 1L));
    return memory.reinterpret(bytes);
  }
}
