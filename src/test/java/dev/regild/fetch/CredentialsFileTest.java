package dev.regild.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialsFileTest {
  @TempDir Path data;

  @Test
  void commentsAreLinesOrTheirEndsAsUbuntuProWritesThem() throws Exception {
    CredentialsFile file =
        written(
            "# written by us",
            "machine esm.example/apps/ubuntu/ login bearer password C1#x  # ubuntu-pro-client",
            "machine esm.example/infra/ubuntu/ login bearer password #2  # ubuntu-pro-client");
    assertThat(file.authorization(URI.create("https://esm.example/apps/ubuntu/dists/noble")))
        .contains(basic("bearer:C1#x"));
    assertThat(file.authorization(URI.create("https://esm.example/infra/ubuntu/dists/noble")))
        .contains(basic("bearer:#2"));
    assertThat(file.authorization(URI.create("https://esm.example/other"))).isEmpty();
  }

  @Test
  void whatIsMalformedIsNotRepeated() throws Exception {
    CredentialsFile file = written("machine esm.example login bearer password", "s3cret more");
    assertThatThrownBy(() -> file.authorization(URI.create("https://esm.example/")))
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("entry 2 or the end of the one before it")
        .hasMessageNotContaining("s3cret");
  }

  private CredentialsFile written(String... lines) throws Exception {
    Path file = Files.write(data.resolve(CredentialsFile.NAME), List.of(lines));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return CredentialsFile.in(data);
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }
}
