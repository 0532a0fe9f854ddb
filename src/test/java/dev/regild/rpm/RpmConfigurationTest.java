package dev.regild.rpm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.RpmPackages;
import dev.regild.inventory.ConfigurationFiles;
import dev.regild.inventory.ConfigurationFiles.ChangedFile;
import dev.regild.inventory.ConfigurationFiles.State;
import dev.regild.inventory.GuestFiles;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With this machine's rpm, on a package that it builds. */
class RpmConfigurationTest {
  @TempDir Path directory;

  /** 1 is MD5, which old packages have, and 8 is SHA-256. */
  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void configurationFilesAreComparedByTheDigestsOfTheDatabase(int algorithm) throws Exception {
    RpmPackages.assumeTools();
    Path etc = Files.createDirectories(directory.resolve("etc"));
    RpmPackages.build(
        directory,
        """
        %%define _binary_filedigest_algorithm %1$d
        Name: server
        Version: 1
        Release: 1
        Summary: A test
        License: MIT
        BuildArch: noarch
        %%description
        A test.
        %%install
        mkdir -p %%{buildroot}%2$s
        for each in same changed gone ghost plain; do echo $each >%%{buildroot}%2$s/$each; done
        %%files
        %%config(noreplace) %2$s/same
        %%config(noreplace) %2$s/changed
        %%config %2$s/gone
        %%ghost %%config %2$s/ghost
        %2$s/plain
        """
            .formatted(algorithm, etc));
    rpm("-i", "--justdb", "--nodeps", "--force-debian", file("server-1-1"));
    Files.writeString(etc.resolve("same"), "same\n");
    Files.writeString(etc.resolve("changed"), "by its owner\n");
    Files.writeString(etc.resolve("plain"), "not for configuration\n");
    assertThat(RpmConfiguration.read(guest()))
        .isEqualTo(
            new ConfigurationFiles(
                3,
                3,
                List.of(
                    new ChangedFile(etc.resolve("changed").toString(), "server", State.CHANGED),
                    new ChangedFile(etc.resolve("gone").toString(), "server", State.MISSING))));
  }

  private String file(String name) {
    return directory.resolve("RPMS/noarch/" + name + ".noarch.rpm").toString();
  }

  private void rpm(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("rpm", "--dbpath", database()));
    command.addAll(List.of(arguments));
    var _ = Program.of(command).run();
  }

  private String database() {
    return directory.resolve("database").toString();
  }

  private GuestFiles guest() {
    return new GuestFiles() {
      @Override
      public byte[] read(String path) throws IOException {
        throw new IOException("not by this");
      }

      @Override
      public boolean exists(String path) {
        return Files.exists(Path.of(path));
      }

      @Override
      public String run(String... command) throws IOException {
        try {
          return Program.of(
                  Stream.of(command)
                      .map(each -> each.replace("rpm -qa", "rpm --dbpath " + database() + " -qa"))
                      .toList())
              .run();
        } catch (Exception e) {
          throw new IOException(e);
        }
      }
    };
  }
}
