package dev.regild.windows.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.HiveBuilder;
import dev.regild.fixtures.HostTools;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hivex has written is read, and what no one has written is refused. */
class RegistryHiveTest {
  @TempDir Path directory;
  private byte[] hive = new byte[0];

  @BeforeEach
  void writeByHivex() throws Exception {
    HostTools.assumeInstalled("hivexsh");
    HiveBuilder content =
        new HiveBuilder()
            .text("A\\B", "", "default")
            .text("A\\B", "Größe", "ä€")
            .texts("A\\B", "List", List.of("one", "two"))
            .number("A\\B", "Number", -1)
            .value("A\\B", "Long", 11, new byte[] {1, 0, 0, 0, 0, 0, 0, 1})
            .binary("A\\B", "Bytes", new byte[] {1, 2, 3, 4, 5});
    for (int i = 0; i < 500; i++) {
      content.number("Many\\Key %03d".formatted(i), "Number", i);
    }
    Path file = directory.resolve("hive");
    content.write(file);
    hive = Files.readAllBytes(file);
  }

  @Test
  void everyKindOfValueIsRead() {
    RegistryKey key = read(hive).root().find("a\\b").orElseThrow();
    assertThat(key.text("")).isEqualTo("default");
    assertThat(key.text("größe")).isEqualTo("ä€");
    assertThat(key.texts("LIST")).containsExactly("one", "two");
    assertThat(key.number("Number")).hasValue(0xffffffffL);
    assertThat(key.number("Long")).hasValue(0x0100000000000001L);
    assertThat(key.bytes("Bytes")).containsExactly(1, 2, 3, 4, 5);
    assertThat(key.text("Number")).isEmpty();
    assertThat(key.number("List")).isEmpty();
    assertThat(key.texts("Missing")).isEmpty();
    assertThat(read(hive).root().find("A\\C")).isEmpty();
  }

  @Test
  void everyKeyIsFound() {
    RegistryKey root = read(hive).root();
    assertThat(root.subkeysOf("Many")).hasSize(500);
    assertThat(root.find("Many\\Key 499").orElseThrow().number("Number")).hasValue(499);
  }

  @Test
  void whatIsNoHiveIsRefused() {
    assertThatThrownBy(() -> read(new byte[8192]))
        .isInstanceOf(DamagedHiveException.class)
        .hasMessage("the registry hive TEST is damaged: it does not start with the hive signature");
    assertThatThrownBy(() -> read(new byte[10])).isInstanceOf(DamagedHiveException.class);
    assertThatThrownBy(() -> walk(Arrays.copyOf(hive, 4096 + 512)))
        .isInstanceOf(DamagedHiveException.class);
  }

  @Test
  void aDamagedHiveIsReadOrRefusedButNeverMore() {
    Random random = new Random(4);
    int refused = 0;
    for (int round = 0; round < 300; round++) {
      byte[] damaged = hive.clone();
      for (int i = 0; i < 40; i++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        walk(damaged);
      } catch (DamagedHiveException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void aKeyThatLeadsToItselfComesToAnEnd() {
    ByteBuffer loop = ByteBuffer.wrap(HiveBuilder.empty()).order(ByteOrder.LITTLE_ENDIAN);
    int root = loop.getInt(36);
    int list = 1024; // in what is free
    loop.putInt(4096 + list, -64).put(4096 + list + 4, new byte[] {'l', 'i', 2, 0});
    loop.putInt(4096 + list + 8, root).putInt(4096 + list + 12, root);
    loop.putInt(4096 + root + 4 + 20, 2).putInt(4096 + root + 4 + 28, list);
    assertThatThrownBy(() -> walk(loop.array()))
        .isInstanceOf(DamagedHiveException.class)
        .hasMessageContaining("form a cycle");
  }

  /** 1.3 thousand million subkeys in a megabyte: they must be refused before they are listed. */
  @Test
  void aListThatNamesOneLongListOverAndOverIsRefused() {
    int lists = 20_000;
    int keys = 65_535;
    ByteBuffer wide = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    wide.put(0, HiveBuilder.empty());
    int root = wide.getInt(36);
    int index = 4096;
    int leaf = index + 8 + 4 * lists;
    wide.putInt(4096 + index, -(8 + 4 * lists)).put(4096 + index + 4, new byte[] {'r', 'i'});
    wide.putShort(4096 + index + 6, (short) lists);
    for (int i = 0; i < lists; i++) {
      wide.putInt(4096 + index + 8 + 4 * i, leaf);
    }
    wide.putInt(4096 + leaf, -(8 + 4 * keys)).put(4096 + leaf + 4, new byte[] {'l', 'i'});
    wide.putShort(4096 + leaf + 6, (short) keys);
    for (int i = 0; i < keys; i++) {
      wide.putInt(4096 + leaf + 8 + 4 * i, root);
    }
    wide.putInt(4096 + root + 4 + 28, index);
    for (int declared : List.of(lists * keys, -1)) {
      wide.putInt(4096 + root + 4 + 20, declared);
      assertThatThrownBy(() -> read(wide.array()).root().subkeys())
          .isInstanceOf(DamagedHiveException.class)
          .hasMessageContaining("more subkeys than there is room for");
    }
    wide.putInt(4096 + root + 4 + 20, 13_000);
    assertThatThrownBy(() -> read(wide.array()).root().subkeys())
        .isInstanceOf(DamagedHiveException.class)
        .hasMessageContaining("longer than its key says");
  }

  private static RegistryHive read(byte[] bytes) {
    return RegistryHive.of("TEST", ByteBuffer.wrap(bytes));
  }

  /** Reads all there is. */
  private static void walk(byte[] bytes) {
    List<RegistryKey> left = new ArrayList<>(List.of(read(bytes).root()));
    while (!left.isEmpty()) {
      RegistryKey key = left.removeLast();
      assertThat(key.name()).isNotNull();
      for (String name : key.values().keySet()) {
        assertThat(key.text(name).length() + key.texts(name).size() + key.bytes(name).length)
            .isNotNegative();
      }
      left.addAll(key.subkeys());
    }
  }
}
