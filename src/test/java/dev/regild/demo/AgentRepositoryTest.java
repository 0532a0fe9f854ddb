package dev.regild.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's own gpgv and apt read what the repository publishes. */
class AgentRepositoryTest {
  private static final AgentPackage OLD = AgentPackage.version("1.0.0");
  private static final AgentPackage NEW = AgentPackage.version("2.0.0");

  @TempDir Path directory;
  private AgentRepository repository;

  @BeforeEach
  void open() throws Exception {
    repository = AgentRepository.open(directory.resolve("repository"));
  }

  @Test
  void gpgvAcceptsTheSignatureWithEitherKeyring() throws Exception {
    repository.publish(OLD);

    Path release = repository.root().resolve("dists/stable/InRelease");
    Program.of("gpgv", "--keyring", repository.keyring().toString(), release.toString()).run();
    assertThat(repository.armoredKeyring()).content().startsWith("-----BEGIN PGP PUBLIC KEY BLOCK");
  }

  @Test
  void aptSeesTheVersionThatWasPublishedLast() throws Exception {
    repository.publish(OLD);
    assertThat(candidate()).isEqualTo("1.0.0");

    repository.publish(OLD, NEW);
    assertThat(candidate()).isEqualTo("2.0.0");
  }

  @Test
  void aRepositoryThatIsOpenedAgainKeepsItsKey() throws Exception {
    byte[] key = Files.readAllBytes(repository.keyring());

    assertThat(AgentRepository.open(directory.resolve("repository")).keyring())
        .hasBinaryContent(key);
  }

  @Test
  void aPackageHoldsAServiceAndAConffileThatBelongToRoot() throws Exception {
    Path file = repository.file(OLD);

    assertThat(Program.of("dpkg-deb", "--contents", file.toString()).run())
        .contains("./lib/systemd/system/regild-streaming-agent.service")
        .contains("-rw-r--r-- root/root")
        .contains("drwxr-xr-x root/root");
    assertThat(Program.of("dpkg-deb", "--info", file.toString(), "conffiles").run().strip())
        .isEqualTo(AgentPackage.CONFFILE);
  }

  @Test
  void theScriptsOfEveryVariantAreShell() throws Exception {
    AgentPackage odd = NEW.withAfterInstall("exit 7").thatAsks().withConfiguration("sessions=2\n");
    Path file = repository.file(odd);

    Path control = directory.resolve("control");
    Program.of("dpkg-deb", "--control", file.toString(), control.toString()).run();
    for (String script : new String[] {"postinst", "prerm", "postrm", "config"}) {
      Program.of("sh", "-n", control.resolve(script).toString()).run();
    }
    assertThat(control.resolve("postinst")).content().contains("exit 7").contains("db_get");
  }

  private String candidate() throws Exception {
    Path state = directory.resolve("apt");
    Files.createDirectories(state.resolve("lists/partial"));
    Path sources = directory.resolve("sources.list");
    Files.writeString(
        sources,
        "deb [arch=amd64 signed-by=%s] copy:%s stable main\n"
            .formatted(repository.keyring(), repository.root()));
    Files.writeString(state.resolve("status"), "");
    Path configuration = directory.resolve("apt.conf");
    Files.writeString(
        configuration,
        """
        Dir::Etc::sourcelist "%s";
        Dir::Etc::sourceparts "/dev/null";
        Dir::State "%s";
        Dir::State::status "%s/status";
        Dir::Cache "%s/cache";
        APT::Update::Post-Invoke-Success "";
        """
            .formatted(sources, state, state, state));
    Program.of("apt-get", "update").with("APT_CONFIG", configuration.toString()).run();
    return Program.of("apt-cache", "policy", AgentPackage.NAME)
        .with("APT_CONFIG", configuration.toString())
        .run()
        .lines()
        .filter(line -> line.contains("Candidate:"))
        .map(line -> line.replaceAll(".*: ", ""))
        .findFirst()
        .orElse("none");
  }
}
