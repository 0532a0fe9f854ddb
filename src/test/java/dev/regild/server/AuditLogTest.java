package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class AuditLogTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path directory;

  @Test
  void everyCallHasALineThatSaysWhoAskedForWhatAndWhatCameOfIt() throws Exception {
    try (ServerFixture server = new ServerFixture(directory)) {
      var answer = server.ask(server.key, "DeleteImage", "{\"Name\":\"none\"}");
      // A line is written after its answer was sent: without a wait, the next could come first.
      linesAfterCalls(1);
      AccessKey unknown = AccessKey.generate(server.account, false);
      server.ask(unknown, "DescribeImages", "{\"Names\":[\"secret-name\"]}");
      linesAfterCalls(2);
      AccessKey forged =
          new AccessKey(server.key.id(), "x".repeat(40), server.account, false, true);
      server.ask(forged, "DescribeImages", "{}");
      linesAfterCalls(3);
      server.ask(
          server.key,
          "ListTagsForResource",
          "{\"ResourceArn\":\"arn:aws:appstream:us-east-1::image/a\\nb\"}");
      List<String> lines = linesAfterCalls(4);

      JsonNode refused = OwnAnswers.json().readTree(lines.get(0));
      assertThat(refused.path("time").asString()).matches("\\d{4}-.*Z");
      assertThat(refused.path("request").asString()).isEqualTo(answer.header("x-amzn-requestid"));
      assertThat(refused.path("account").asString()).isEqualTo(server.account.id());
      assertThat(refused.path("region").asString()).isEqualTo("us-east-1");
      assertThat(refused.path("key").asString()).isEqualTo(server.key.id());
      assertThat(refused.path("operation").asString()).isEqualTo("DeleteImage");
      assertThat(refused.path("resources").path(0).asString()).isEqualTo("none");
      assertThat(refused.path("outcome").asString()).isEqualTo("ResourceNotFoundException");
      assertThat(refused.path("source").asString()).isEqualTo("127.0.0.1");

      JsonNode stranger = OwnAnswers.json().readTree(lines.get(1));
      assertThat(stranger.path("key").asString()).isEqualTo(unknown.id());
      assertThat(stranger.has("account")).isFalse();
      assertThat(stranger.path("resources")).isEmpty();
      assertThat(stranger.path("outcome").asString()).isEqualTo("UnrecognizedClientException");
      assertThat(OwnAnswers.json().readTree(lines.get(2)).path("outcome").asString())
          .isEqualTo("InvalidSignatureException");
      assertThat(lines.get(3)).contains("image/a\\nb");
      assertThat(String.join("", lines))
          .doesNotContain(server.key.secret())
          .doesNotContain("Signature=");
    }
  }

  @Test
  void aLogThatIsFullOrOfAnotherDayIsPutAsideForItsOwnerAlone() throws Exception {
    Files.createFile(directory.resolve("audit.log"));
    var clock = new SettableClock(NOON);
    try (AuditLog log = AuditLog.open(directory, new AuditLog.Limits(200, days(90)), clock)) {
      log.write(entry("a"));
      log.write(entry("b"));
      log.write(entry("c"));
      assertThat(directory.resolve("audit-2026-03-01-1.log")).content().contains("\"a\"", "\"b\"");
      clock.now = NOON.plus(days(1));
      log.write(entry("d"));
    }
    assertThat(directory.resolve("audit-2026-03-01-2.log")).content().contains("\"c\"");
    assertThat(directory.resolve("audit.log")).content().contains("\"d\"");
    try (var files = Files.list(directory)) {
      assertThat(files)
          .hasSize(3)
          .allSatisfy(file ->
              assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                  .isEqualTo("rw-------"));
    }
  }

  @Test
  void whatIsTooOldGoesAndTheRestOfADayBeforeARestartStays() throws Exception {
    Path old = Files.createFile(directory.resolve("audit-2025-01-01-1.log"));
    Path other = Files.createFile(directory.resolve("audit-notes.log"));
    Path log = directory.resolve("audit.log");
    Files.writeString(log, "yesterday\n");
    for (Path file : List.of(old, other)) {
      Files.setLastModifiedTime(file, FileTime.from(NOON.minus(days(91))));
    }
    Files.setLastModifiedTime(log, FileTime.from(NOON.minus(days(1))));
    try (AuditLog opened =
        AuditLog.open(
            directory, new AuditLog.Limits(300, days(90)), Clock.fixed(NOON, ZoneOffset.UTC))) {
      opened.write(entry("today"));
    }
    assertThat(old).doesNotExist();
    assertThat(other).exists();
    assertThat(directory.resolve("audit-2026-02-28-1.log")).hasContent("yesterday");
    assertThat(log).content().contains("\"today\"");
  }

  /** A line is written right after the answer, so it may still be on its way. */
  private List<String> linesAfterCalls(int calls) throws IOException, InterruptedException {
    Path log = directory.resolve("audit.log");
    Instant end = Instant.now().plusSeconds(5);
    while (Files.readAllLines(log).size() < calls && Instant.now().isBefore(end)) {
      Thread.sleep(10);
    }
    return Files.readAllLines(log);
  }

  private static AuditLog.Entry entry(String resource) {
    return new AuditLog.Entry(
        NOON,
        "id",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        "DeleteImage",
        List.of(resource),
        "ok",
        "127.0.0.1");
  }

  private static Duration days(int days) {
    return Duration.ofDays(days);
  }

  private static final class SettableClock extends Clock {
    private Instant now;

    SettableClock(Instant now) {
      this.now = now;
    }

    @Override
    public java.time.ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(java.time.ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }
}
