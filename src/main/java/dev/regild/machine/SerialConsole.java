package dev.regild.machine;

/** What a machine's guest writes to its serial port; the end of it is kept. Thread-safe. */
final class SerialConsole {
  private static final int KEPT_BYTES = 64 * 1024;
  private static final int LINES_IN_MESSAGE = 30;

  private final Tail tail = new Tail(KEPT_BYTES);

  /** Starts to read it, until QEMU has ended. */
  Thread read(RunningProgram qemu) {
    return Thread.ofVirtual().name("console").start(() -> tail.drain(qemu.output()));
  }

  /** The last 64 KiB so far, without control characters. */
  String text() {
    return ConsoleText.cleaned(tail.text());
  }

  /**
   * A failure of the machine, with the end of its console.
   *
   * @param what the machine did, after "the machine"
   */
  VirtualMachineException failure(String what) {
    String end = ConsoleText.end(text(), LINES_IN_MESSAGE);
    return new VirtualMachineException(
        "the machine %s; %s"
            .formatted(
                what, end.isEmpty() ? "its console is empty" : "its console ended with:\n" + end));
  }
}
