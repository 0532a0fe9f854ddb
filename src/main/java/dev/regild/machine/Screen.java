package dev.regild.machine;

import dev.regild.files.PortablePixmap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A picture of a machine's screen. QEMU writes it into a file that is there before it starts, as
 * its sandbox takes only what is there. A boot does not fail for want of a picture.
 *
 * @param file that QEMU writes to
 */
record Screen(Path file) {
  private static final Logger LOG = LoggerFactory.getLogger(Screen.class);

  /** Makes the file, empty. */
  static Screen in(Path directory) throws VirtualMachineException {
    Path file = directory.toAbsolutePath().resolve("screen");
    try {
      return new Screen(Files.write(file, new byte[0]));
    } catch (IOException e) {
      throw new VirtualMachineException("cannot store the machine's screen: " + file, e);
    }
  }

  /** Has QEMU write the picture, unless the machine is off by now. */
  void take(QemuMonitor monitor) throws InterruptedException {
    try {
      monitor.screendump(file);
    } catch (IOException e) {
      failed(e);
    }
  }

  /** Has QEMU write the picture, through a monitor that nobody is connected to. */
  void take(Path monitor) throws InterruptedException {
    try (QemuMonitor connected = QemuMonitor.connect(monitor)) {
      take(connected);
    } catch (IOException e) {
      failed(e);
    }
  }

  /** Returns the picture as a PNG; empty if there is none. */
  Optional<byte[]> png() {
    try {
      return PortablePixmap.asPng(file, BootEvidence.MOST_SCREEN_BYTES);
    } catch (IOException e) {
      failed(e);
      return Optional.empty();
    }
  }

  private static void failed(IOException e) {
    LOG.atInfo().addKeyValue("reason", e.toString()).log("no picture of the screen");
  }
}
