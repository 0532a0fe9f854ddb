package dev.regild.windows.registry;

/** A registry hive whose content makes no sense; the message names the hive and what is wrong. */
final class DamagedHiveException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DamagedHiveException(String message) {
    super(message);
  }
}
