package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ApplianceCacheTest {
  @TempDir Path directory;

  @Test
  void itIsOurUsersAlone() throws Exception {
    Path cache = directory.resolve("new/cache");
    assertThat(ApplianceCache.find(Map.of("REGILD_CACHE", cache.toString())))
        .contains(cache.resolve("appliance"));
    assertThat(mode(cache.resolve("appliance"))).isEqualTo("rwx------");
  }

  @Test
  void theOperatorsOwnPlaceComesFirst() {
    assertThat(
            ApplianceCache.find(
                Map.of("REGILD_CACHE", directory.toString(), "LIBGUESTFS_CACHEDIR", "/srv/cache")))
        .isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aPlantedLinkIsNotUsedAndItsTargetStaysAsItWas() throws Exception {
    Path canary = Files.createDirectory(directory.resolve("canary"));
    Files.setPosixFilePermissions(canary, PosixFilePermissions.fromString("r-x------"));
    Files.createSymbolicLink(directory.resolve("appliance"), canary);
    Logger logger = (Logger) LoggerFactory.getLogger(ApplianceCache.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      assertThat(ApplianceCache.find(Map.of("REGILD_CACHE", directory.toString()))).isEmpty();
    } finally {
      logger.detachAppender(log);
    }
    assertThat(log.list)
        .singleElement()
        .satisfies(event -> {
          assertThat(event.getLevel()).isEqualTo(Level.WARN);
          assertThat(event.getMessage()).contains("/var/tmp", "set REGILD_CACHE");
        });
    assertThat(mode(canary)).isEqualTo("r-x------");
    assertThat(canary).isEmptyDirectory();
  }

  private static String mode(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
