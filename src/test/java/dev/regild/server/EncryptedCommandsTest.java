package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.MemoryDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands with a server that uses TLS. */
class EncryptedCommandsTest {
  @TempDir(factory = MemoryDirectory.class)
  Path data;

  @TempDir(factory = MemoryDirectory.class)
  Path elsewhere;

  private ServerFixture server;
  private Path certificate;

  @BeforeEach
  void start() throws Exception {
    server = new ServerFixture(data);
    certificate = server.encrypt();
    server.golden("us-east-1", "golden");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void trustTheServerOfThisMachineByItself() throws Exception {
    assertThat(CommandLineOf.of(server).run(0, "images")).contains("golden");
  }

  @Test
  void trustTheCertificateThatIsNamed() throws Exception {
    CommandLineOf commands = CommandLineOf.of(server);
    Path copy = Files.copy(certificate, elsewhere.resolve("server.pem"));
    Files.delete(certificate);
    assertThat(commands.run(1, "images")).contains("is not accepted", "--ca FILE");
    assertThat(commands.run(0, "images", "--ca", copy.toString())).contains("golden");
    assertThat(commands.run(1, "images", "--ca", elsewhere.resolve("missing").toString()))
        .contains("missing can't be read");
  }

  @Test
  void aPlainAddressOfAnEncryptedServerIsToldSo() throws Exception {
    assertThat(
            CommandLineOf.of(server)
                .runAt(server.uri("").toString().replace("https", "http"), 1, "images"))
        .contains("write https://");
  }
}
