package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.cli.Regild;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.DiskQuota;
import dev.regild.disk.QemuImg;
import dev.regild.disk.UploadedDisk;
import dev.regild.fixtures.HostTools;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code regild disks}, against a server. */
class DisksCommandTest {
  @TempDir static Path directory;

  private static ServerFixture server;

  @BeforeAll
  static void start() throws Exception {
    HostTools.assume(
        System.getenv("AWS_ACCESS_KEY_ID") == null,
        "the key in AWS_ACCESS_KEY_ID would go first: unset it");
    server = new ServerFixture(directory);
    server.writeCredentials();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void disksAreListedAndDeleted() throws Exception {
    Path file = directory.resolve("small.qcow2");
    new QemuImg().create(file, DiskFormat.QCOW2, 1 << 20);
    UploadedDisk kept = upload(file);
    UploadedDisk deleted = upload(file);
    assertThat(run(0).lines().toList())
        .satisfies(
            lines -> assertThat(lines.getFirst()).matches("ID +ORIGIN +FORMAT +SIZE +RECEIVED *"))
        .anyMatch(line -> line.matches(kept.id() + " +UPLOADED +qcow2 +\\S+ KiB +20\\S+Z *"))
        .anyMatch(line -> line.startsWith(deleted.id()));
    assertThat(run(0, "delete", deleted.id())).isEqualTo("Deleted " + deleted.id() + ".\n");
    assertThat(run(0)).contains(kept.id()).doesNotContain(deleted.id());
    assertThat(run(1, "delete", deleted.id())).contains("There is no disk " + deleted.id());
  }

  private static UploadedDisk upload(Path file) throws Exception {
    return server.disks.receive(
        server.account.id(),
        new DiskQuota(100, 1L << 40),
        Files.newInputStream(file),
        OptionalLong.of(Files.size(file)));
  }

  /** What the command says, on whatever stream. */
  private static String run(int status, String... arguments) {
    List<String> command = new ArrayList<>(List.of("disks"));
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("--endpoint", server.uri("").toString(), "--data", directory.toString()));
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    assertThat(Regild.run(out, out, command.toArray(String[]::new)))
        .as(said::toString)
        .isEqualTo(status);
    return said.toString();
  }
}
