package dev.regild.server.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.Activity;
import dev.regild.server.config.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditTrailTest {
  private static final String ACCOUNT = "000000000001";
  private static final Activity.Filter ALL = new Activity.Filter("", "", "", false, "");

  @TempDir Path directory;

  @Test
  void onlyTheNewestPartOfTheLogIsRead() throws Exception {
    assertThat(foundBehind(15)).extracting(Activity::operation).containsExactly("DeleteImage");
    assertThat(foundBehind(17)).isEmpty();
  }

  @Test
  void oneSearchRunsAtATime() throws Exception {
    try (AuditLog log = log()) {
      AuditTrail trail = new AuditTrail(log, Duration.ofMillis(10));
      var _ =
          trail.inTurn(() ->
              assertThatThrownBy(() -> trail.of(ACCOUNT, ALL, 100))
                  .isInstanceOfSatisfying(
                      ApiException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.THROTTLING))
                  .hasMessage(
                      "The audit log is being searched for others. Try again in a few seconds."));
      assertThat(trail.of(ACCOUNT, ALL, 100)).as("once the other has ended").isEmpty();
    }
  }

  /** What is found if the account's line is followed by that many MiB of another's. */
  private List<Activity> foundBehind(int mebibytes) throws Exception {
    String other = line("000000000002") + "\n";
    Files.writeString(
        directory.resolve("audit.log"),
        line(ACCOUNT) + "\n" + other.repeat((mebibytes << 20) / other.length()),
        UTF_8);
    try (AuditLog log = log()) {
      return new AuditTrail(log).of(ACCOUNT, ALL, 100);
    }
  }

  private AuditLog log() throws IOException {
    return AuditLog.open(directory, AuditLog.Limits.of(new ByteSize(1 << 30)), Clock.systemUTC());
  }

  private static String line(String account) {
    return """
    {"time":"2026-03-01T12:00:00Z","request":"r","account":"%s","key":"k",\
    "operation":"DeleteImage","resources":["%s"],"outcome":"ok","source":"127.0.0.1"}\
    """
        .formatted(account, "x".repeat(4000));
  }
}
