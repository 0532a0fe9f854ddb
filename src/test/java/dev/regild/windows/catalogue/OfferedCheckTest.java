package dev.regild.windows.catalogue;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.ChannelException;
import dev.regild.files.Sha256;
import dev.regild.fixtures.CodeSigner;
import dev.regild.fixtures.WindowsPackages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Files of a server, which must be signed and be what its metadata says. */
@EnabledIf("dev.regild.fixtures.CodeSigner#isAvailable")
class OfferedCheckTest {
  private static final String HTTPS = "https://wsus.example:8531";

  @TempDir static Path directory;
  private static CodeSigner signer;
  private static Path signed;

  @BeforeAll
  static void sign() throws Exception {
    signer = CodeSigner.in(directory.resolve("signer"));
    signed = signer.sign(rollup("KB5035857", "20348.2340.1.10"));
  }

  private static Path rollup(String kb, String version) throws Exception {
    return WindowsPackages.update(
        directory, kb, "Package_for_RollupFix", version, "Security Update", "20348");
  }

  @Test
  void aSignedFileThatIsWhatTheServerSaysIsGood() {
    assertThatCode(() -> check(HTTPS, signer.root().toString(), facts("KB5035857"), signed))
        .doesNotThrowAnyException();
  }

  @Test
  void aFileThatIsNotSignedIsRefused() throws Exception {
    Path plain = rollup("KB5035858", "20348.2340.1.10");

    assertThatThrownBy(() -> check(HTTPS, signer.root().toString(), facts("KB5035858"), plain))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("the file of KB5035858 from https://wsus.example:8531")
        .hasMessageContaining("signature is missing or not good");
  }

  @Test
  void aFileThatWasChangedAfterItWasSignedIsRefused() throws Exception {
    Path damaged = CodeSigner.damaged(signed);

    assertThatThrownBy(() -> check(HTTPS, signer.root().toString(), facts("KB5035857"), damaged))
        .hasMessageContaining("signature is missing or not good");
  }

  @Test
  void aSignerThatDoesNotLeadToMicrosoftsRootsIsRefused() {
    assertThatThrownBy(() -> check(HTTPS, "", facts("KB5035857"), signed))
        .hasMessageContaining("signature is missing or not good");
  }

  @Test
  void aFileOfAnotherUpdateIsRefused() {
    assertThatThrownBy(() -> check(HTTPS, signer.root().toString(), facts("KB5036909"), signed))
        .hasMessageContaining("its KB is 'KB5035857', but the server's metadata says 'KB5036909'");
  }

  @Test
  void aFileOfAnotherBuildIsRefused() throws Exception {
    Path other = signer.sign(rollup("KB5035859", "20348.2402.1.10"));

    assertThatThrownBy(() -> check(HTTPS, signer.root().toString(), facts("KB5035859"), other))
        .hasMessageContaining("its build is '20348.2402'");
  }

  @Test
  void aWimNeedsAServerThatNobodyCanChange() throws Exception {
    Path wim = WindowsPackages.cumulativeWim(directory, "KB5043080", "26100.1742", "26100.1738");
    PackageFacts facts =
        PackageFacts.ofUpdate(
            WindowsPackage.Kind.CUMULATIVE,
            "Package_for_RollupFix",
            "26100.1742",
            "amd64",
            "KB5043080",
            List.of("26100"),
            "26100.1742",
            true,
            SecurityWords.NONE);

    assertThatCode(() -> check(HTTPS, "", facts, wim)).doesNotThrowAnyException();
    assertThatThrownBy(() -> check("http://wsus.example:8530", "", facts, wim))
        .hasMessageContaining("insecure http");
  }

  private static PackageFacts facts(String kb) {
    return PackageFacts.ofUpdate(
        WindowsPackage.Kind.CUMULATIVE,
        "Package_for_RollupFix",
        "20348.2340.1.10",
        "amd64",
        kb,
        List.of("20348"),
        "20348.2340",
        true,
        SecurityWords.NONE);
  }

  private static void check(String server, String roots, PackageFacts facts, Path file)
      throws Exception {
    OfferedFile offered =
        new OfferedFile(
            "update.cab",
            Files.size(file),
            Sha256.of(file),
            "",
            List.of(server + "/Content/x.cab"));
    OfferedUpdate update =
        new OfferedUpdate(
            "id",
            "title",
            "",
            "",
            facts,
            facts.version().split("\\.", -1).length > 2,
            offered,
            List.of(),
            List.of());
    new OfferedCheck(new OfferedUpdates(server, roots, List.of(update))).update(update, file);
  }
}
