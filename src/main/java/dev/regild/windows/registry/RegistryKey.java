package dev.regild.windows.registry;

import static java.nio.charset.StandardCharsets.UTF_16LE;

import dev.regild.windows.registry.RegistryHive.Cell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * A key of a hive. Names are compared as Windows does, without regard to case; a value that is
 * missing, or is of another type, is empty. Every method throws {@link DamagedHiveException} where
 * the hive makes no sense.
 */
final class RegistryKey {
  private static final int NODE_BYTES = 76;
  private static final int COMPRESSED_NAME = 0x20;

  private final RegistryHive hive;
  private final Cell node;

  RegistryKey(RegistryHive hive, int offset) {
    this.hive = hive;
    this.node = hive.cell(offset, "nk", NODE_BYTES);
  }

  String name() {
    boolean compressed = (node.shortAt(2) & COMPRESSED_NAME) != 0;
    return node.keyName(NODE_BYTES, node.shortAt(72), compressed);
  }

  List<RegistryKey> subkeys() {
    return hive.subkeys(node.intAt(28), node.intAt(20)).stream()
        .map(offset -> new RegistryKey(hive, offset))
        .toList();
  }

  /**
   * The key below this one.
   *
   * @param path names with backslashes between them
   */
  Optional<RegistryKey> find(String path) {
    Optional<RegistryKey> found = Optional.of(this);
    for (String name : path.split("\\\\", -1)) {
      found = found.flatMap(key -> key.child(name));
    }
    return found;
  }

  /** The subkeys of a key below this one; none where there is no such key. */
  List<RegistryKey> subkeysOf(String path) {
    return find(path).map(RegistryKey::subkeys).orElse(List.of());
  }

  private Optional<RegistryKey> child(String name) {
    return subkeys().stream().filter(key -> key.name().equalsIgnoreCase(name)).findFirst();
  }

  /** Every value, by its name in capitals; the default value's name is empty. */
  Map<String, RegistryValue> values() {
    Map<String, RegistryValue> values = new TreeMap<>();
    int count = node.intAt(36);
    if (count > 0) {
      Cell list = hive.cell(node.intAt(40), 4);
      for (int i = 0; i < count; i++) {
        RegistryValue value = new RegistryValue(hive, list.intAt(4 * i));
        values.put(value.name().toUpperCase(Locale.ROOT), value);
      }
    }
    return values;
  }

  private Optional<RegistryValue> value(String name) {
    return Optional.ofNullable(values().get(name.toUpperCase(Locale.ROOT)));
  }

  /** A text, trimmed; empty if there is none. */
  String text(String name) {
    return value(name).flatMap(RegistryValue::text).orElse("").strip();
  }

  OptionalLong number(String name) {
    return value(name).map(RegistryValue::number).orElse(OptionalLong.empty());
  }

  /** The texts of a list that are not empty. */
  List<String> texts(String name) {
    return value(name).map(RegistryValue::texts).orElse(List.of());
  }

  byte[] bytes(String name) {
    return value(name).map(RegistryValue::bytes).orElse(new byte[0]);
  }

  /** A value of a key. */
  static final class RegistryValue {
    private static final int VALUE_BYTES = 20;
    private static final int ASCII_NAME = 1;
    private static final int INLINE = 0x80000000;

    private static final int TEXT = 1; // REG_SZ
    private static final int EXPANDABLE_TEXT = 2; // REG_EXPAND_SZ
    private static final int NUMBER = 4; // REG_DWORD
    private static final int TEXTS = 7; // REG_MULTI_SZ
    private static final int LONG_NUMBER = 11; // REG_QWORD

    private final RegistryHive hive;
    private final Cell cell;

    private RegistryValue(RegistryHive hive, int offset) {
      this.hive = hive;
      this.cell = hive.cell(offset, "vk", VALUE_BYTES);
    }

    String name() {
      return cell.name(VALUE_BYTES, cell.shortAt(2), (cell.shortAt(16) & ASCII_NAME) != 0);
    }

    private int type() {
      return cell.intAt(12);
    }

    byte[] bytes() {
      int size = cell.intAt(4);
      if ((size & INLINE) == 0) {
        return size == 0 ? new byte[0] : hive.data(size, cell.intAt(8));
      }
      int length = size & ~INLINE;
      if (length > 4) {
        throw hive.damaged("a value of 4 bytes has more");
      }
      return cell.bytes(8, length);
    }

    private Optional<String> text() {
      return type() == TEXT || type() == EXPANDABLE_TEXT
          ? Optional.of(beforeNul(decoded()))
          : Optional.empty();
    }

    private static String beforeNul(String text) {
      int end = text.indexOf('\0');
      return end < 0 ? text : text.substring(0, end);
    }

    private List<String> texts() {
      if (type() != TEXTS) {
        return List.of();
      }
      List<String> texts = new ArrayList<>(Arrays.asList(decoded().split("\0", -1)));
      hive.countTexts(texts.size(), 0);
      texts.removeIf(String::isEmpty);
      return texts;
    }

    private OptionalLong number() {
      byte[] bytes = bytes();
      int size = type() == NUMBER ? 4 : type() == LONG_NUMBER ? 8 : -1;
      if (bytes.length != size) {
        return OptionalLong.empty();
      }
      long number = 0;
      for (int i = size - 1; i >= 0; i--) {
        number = (number << 8) | (bytes[i] & 0xff);
      }
      return OptionalLong.of(number);
    }

    private String decoded() {
      byte[] bytes = bytes();
      hive.countTexts(1, bytes.length);
      return new String(bytes, UTF_16LE);
    }
  }
}
