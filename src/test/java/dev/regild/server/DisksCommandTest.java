package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.upload.DiskQuota;
import dev.regild.disk.upload.UploadedDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code regild disks}, against a server. */
@ExtendWith(RunningServer.class)
class DisksCommandTest {
  private static ServerFixture server;
  private static CommandLineOf commands;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
  }

  @Test
  void disksAreListedAndDeleted() throws Exception {
    Path file = server.data.resolve("small.qcow2");
    QemuImg.create(file, DiskFormat.QCOW2, 1 << 20);
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

  private static String run(int status, String... arguments) {
    return commands.run(
        status, Stream.concat(Stream.of("disks"), Stream.of(arguments)).toArray(String[]::new));
  }
}
