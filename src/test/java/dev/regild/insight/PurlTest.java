package dev.regild.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.github.packageurl.PackageURL;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With packageurl-java, which reads what others wrote. */
class PurlTest {
  @ParameterizedTest
  @CsvSource({
    "deb, debian, libstdc++6, 1:12.2.0-14+deb12u1, amd64, debian-12",
    "deb, ubuntu, bash, 5.2~rc1-2, all, ubuntu-24.04",
    "rpm, rocky-linux, perl-DBI, 1.6^1-2.el8, x86_64, rocky-linux-8.10",
    "generic, windows, QEMU guest agent, 107.0.1, amd64, windows-10.0.20348.2340",
    "generic, windows, Tools & more/100 %, 1#2?3@4, amd64, windows-10.0"
  })
  void anotherReaderFindsTheSameParts(
      String type, String namespace, String name, String version, String arch, String distro)
      throws Exception {
    Purl purl =
        new Purl(type, namespace, name, version)
            .with("arch", arch)
            .with("distro", distro)
            .with("epoch", "");
    PackageURL read = new PackageURL(purl.toString());
    assertThat(read.getType()).isEqualTo(type);
    assertThat(read.getNamespace()).isEqualTo(namespace);
    assertThat(read.getName()).isEqualTo(name);
    assertThat(read.getVersion()).isEqualTo(version);
    assertThat(read.getQualifiers()).containsExactly(entry("arch", arch), entry("distro", distro));
  }
}
