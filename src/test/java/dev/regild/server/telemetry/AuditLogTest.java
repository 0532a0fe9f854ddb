package dev.regild.server.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.AccessKey;
import dev.regild.fixtures.SmallFileSystem;
import dev.regild.fixtures.TestClock;
import dev.regild.server.ServerFixture;
import dev.regild.server.config.ByteSize;
import dev.regild.server.http.OwnAnswers;
import java.io.EOFException;
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
import java.util.concurrent.atomic.AtomicLong;
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
    var clock = new TestClock(NOON);
    try (AuditLog log =
        AuditLog.open(directory, new AuditLog.Limits(200, days(90), 1 << 20), clock)) {
      log.write(entry("a"));
      log.write(entry("b"));
      log.write(entry("c"));
      assertThat(directory.resolve("audit-2026-03-01-1.log")).content().contains("\"a\"", "\"b\"");
      clock.advance(days(1));
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
            directory,
            new AuditLog.Limits(300, days(90), 1 << 20),
            Clock.fixed(NOON, ZoneOffset.UTC))) {
      opened.write(entry("today"));
    }
    assertThat(old).doesNotExist();
    assertThat(other).exists();
    assertThat(directory.resolve("audit-2026-02-28-1.log")).hasContent("yesterday");
    assertThat(log).content().contains("\"today\"");
  }

  @Test
  void theOldestGoWhenAllTogetherAreTooLarge() throws Exception {
    Files.writeString(directory.resolve("audit-2026-02-28-9.log"), "x".repeat(300));
    Files.writeString(directory.resolve("audit-2026-02-28-10.log"), "x".repeat(300));
    var clock = Clock.fixed(NOON, ZoneOffset.UTC);
    try (LoggedLines removals = new LoggedLines(AuditLog.class, "audit-2026-02-28-");
        AuditLog log = AuditLog.open(directory, new AuditLog.Limits(200, days(90), 900), clock)) {
      for (String name : List.of("a", "b", "c", "d")) {
        log.write(entry(name));
      }
      assertThat(directory.resolve("audit-2026-02-28-9.log")).doesNotExist();
      assertThat(removals.lines())
          .singleElement()
          .asString()
          .contains(
              "removed a rotated audit log",
              "audit-2026-02-28-9.log",
              "all together are too large");
      for (int i = 0; i < 50; i++) {
        log.write(entry("flood" + i));
        assertThat(bytesOfAll()).isLessThanOrEqualTo(900 + 200);
      }
    }
    assertThat(directory.resolve("audit-2026-02-28-10.log")).doesNotExist();
    assertThat(directory.resolve("audit.log")).content().contains("flood49");
  }

  @Test
  void strangersHaveOnlySoManyLinesAndTheNextSaysHowManyWereLeftOut() {
    AtomicLong now = new AtomicLong();
    LineBudget budget = new LineBudget(3, 1, now::get);
    for (int i = 0; i < 3; i++) {
      assertThat(budget.take()).hasValue(0);
    }
    for (int i = 0; i < 1000; i++) {
      assertThat(budget.take()).isEmpty();
    }
    now.addAndGet(1_000_000_000);
    assertThat(budget.take()).hasValue(1000);
    assertThat(budget.take()).isEmpty();
  }

  @Test
  void halfALineOfAKilledProcessIsCutOff() throws Exception {
    Path file = Files.writeString(directory.resolve("audit.log"), "{\"whole\":1}\n{\"half");
    Files.setLastModifiedTime(file, FileTime.from(NOON));
    try (AuditLog log = ofADay(Clock.fixed(NOON, UTC), directory)) {
      log.write(entry("a"));
    }
    assertThat(Files.readAllLines(file)).hasSize(2).first().isEqualTo("{\"whole\":1}");
  }

  @Test
  void aCallWhoseThreadIsInterruptedHasItsLine() throws Exception {
    try (AuditLog log = ofADay(Clock.fixed(NOON, UTC), directory)) {
      Thread.currentThread().interrupt();
      log.write(entry("a"));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(log.problem()).isEmpty();
    }
    assertThat(directory.resolve("audit.log")).content().contains("\"a\"");
  }

  @Test
  void interruptsInMidWriteNeitherLoseNorDoubleALine() throws Exception {
    int lines = 500;
    try (AuditLog log = ofADay(Clock.fixed(NOON, UTC), directory)) {
      Thread writer =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < lines; i++) {
                  log.write(entry("n" + i));
                }
              });
      while (writer.isAlive()) {
        writer.interrupt();
        Thread.onSpinWait();
      }
    }
    List<String> written = Files.readAllLines(directory.resolve("audit.log"));
    assertThat(written).hasSize(lines);
    for (int i = 0; i < lines; i++) {
      JsonNode line = OwnAnswers.json().readTree(written.get(i));
      assertThat(line.path("resources").path(0).asString()).isEqualTo("n" + i);
    }
  }

  @Test
  void whatCouldNotBeWrittenIsCountedInTheNextLineThatCan() throws Exception {
    Path logs = Files.createDirectory(directory.resolve("logs"));
    Path elsewhere = directory.resolve("elsewhere");
    var clock = new TestClock(NOON);
    try (AuditLog log = ofADay(clock, logs)) {
      log.write(entry("a"));
      Files.move(logs, elsewhere);
      clock.advance(days(1));
      log.write(entry("b"));
      assertThat(log.problem()).isPresent();
      Files.move(elsewhere, logs);
      log.write(entry("c"));
      assertThat(log.problem()).isEmpty();
    }
    JsonNode line = OwnAnswers.json().readTree(Files.readString(logs.resolve("audit.log")));
    assertThat(line.path("resources").path(0).asString()).isEqualTo("c");
    assertThat(line.path("lost").asInt()).isEqualTo(1);
  }

  @Test
  void aLogThatAnotherProgramHasTakenAwayBeginsAgain() throws Exception {
    var clock = new TestClock(NOON);
    try (AuditLog log = ofADay(clock, directory)) {
      log.write(entry("a"));
      Files.delete(directory.resolve("audit.log"));
      clock.advance(days(1));
      log.write(entry("b"));
    }
    assertThat(directory.resolve("audit.log")).content().contains("\"b\"").doesNotContain("lost");
  }

  private static AuditLog ofADay(Clock clock, Path directory) throws IOException {
    return AuditLog.open(directory, AuditLog.Limits.of(new ByteSize(1 << 20)), clock);
  }

  @Test
  void halfALineIsFoundHoweverLittleEachReadBrings() throws Exception {
    byte[] log = "one\ntwo\nhalf a third".getBytes(UTF_8);
    AuditLog.Reading oneByOne =
        (bytes, from) -> {
          bytes.put(log[(int) from]);
          return 1;
        };
    assertThat(AuditLog.endOfLastLine(oneByOne, log.length)).isEqualTo(8);
    assertThat(AuditLog.endOfLastLine(oneByOne, 8)).isEqualTo(8);
    assertThat(AuditLog.endOfLastLine(oneByOne, 3)).isZero();
    assertThat(AuditLog.endOfLastLine(oneByOne, 0)).isZero();
    AuditLog.Reading cut = (_, _) -> -1;
    assertThatThrownBy(() -> AuditLog.endOfLastLine(cut, 3)).isInstanceOf(EOFException.class);
  }

  @Test
  void aFullDiskLeavesWholeLinesOnly() throws Exception {
    Path small = directory.resolve("small");
    try (SmallFileSystem _ = SmallFileSystem.mount(small, "16k");
        AuditLog log =
            AuditLog.open(
                small, new AuditLog.Limits(1 << 20, days(90), 4 << 20), Clock.systemUTC())) {
      int written = 0;
      while (log.problem().isEmpty()) {
        log.write(entry("n".repeat(1000)));
        written++;
      }
      assertThat(Files.readAllLines(small.resolve("audit.log")))
          .hasSize(written - 1)
          .allSatisfy(line -> OwnAnswers.json().readTree(line));
    }
  }

  private long bytesOfAll() throws IOException {
    try (var files = Files.list(directory)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** A line is written right after the answer, so it may still be on its way. */
  private List<String> linesAfterCalls(int calls) throws IOException, InterruptedException {
    Path log = directory.resolve("audit.log");
    Instant end = Instant.now().plusSeconds(60);
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
        "127.0.0.1",
        Optional.empty());
  }

  private static Duration days(int days) {
    return Duration.ofDays(days);
  }
}
