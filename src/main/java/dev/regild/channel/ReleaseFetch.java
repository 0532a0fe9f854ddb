package dev.regild.channel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.openpgp.PGPSignature;

/** Gets a suite's signed Release file and lets it pass only if everything about it is right. */
final class ReleaseFetch {
  private static final String IN_RELEASE = "InRelease";
  private static final String RELEASE = "Release";
  private static final String SIGNATURE = "Release.gpg";

  private final DocumentReader documents;
  private final Clock clock;

  ReleaseFetch(DocumentReader documents, Clock clock) {
    this.documents = documents;
    this.clock = clock;
  }

  /**
   * A suite's Release file.
   *
   * @param files by their path below the suite, one for InRelease, two for the detached form
   * @param validators by URI, for the next time
   * @param notice that it is the one that we had, as the repository has an older one
   */
  record Fetched(
      SuiteLocation location,
      ReleaseFile release,
      Map<String, byte[]> files,
      Map<String, Validators> validators,
      Optional<String> notice) {}

  Fetched fetch(SuiteLocation location, Keyring keyring)
      throws ChannelException, IOException, InterruptedException {
    Map<String, Validators> validators = new HashMap<>();
    Map<String, byte[]> files = new LinkedHashMap<>();
    try {
      files.put(IN_RELEASE, read(location, IN_RELEASE, validators));
    } catch (MissingFileException e) {
      files.put(RELEASE, read(location, RELEASE, validators));
      files.put(SIGNATURE, read(location, SIGNATURE, validators));
    }
    Fetched fetched =
        new Fetched(
            location, verified(location, keyring, files), files, validators, Optional.empty());
    return newerKept(location, keyring, fetched).orElse(fetched);
  }

  private byte[] read(SuiteLocation location, String path, Map<String, Validators> validators)
      throws ChannelException, IOException, InterruptedException {
    return documents.read(location.uriOf(path), location.listFile(path), validators);
  }

  private ReleaseFile verified(SuiteLocation location, Keyring keyring, Map<String, byte[]> files)
      throws ChannelException {
    byte[] clearSigned = files.get(IN_RELEASE);
    String what = location.uriOf(clearSigned == null ? RELEASE : IN_RELEASE);
    byte[] text;
    if (clearSigned == null) {
      text = files.getOrDefault(RELEASE, new byte[0]);
      byte[] signature = files.getOrDefault(SIGNATURE, new byte[0]);
      keyring.verify(what, text, signature, PGPSignature.BINARY_DOCUMENT, clock.instant());
    } else {
      ClearSigned message = ClearSigned.parse(what, clearSigned);
      text = message.text();
      keyring.verify(
          what,
          message.canonical(),
          message.signature(),
          PGPSignature.CANONICAL_TEXT_DOCUMENT,
          clock.instant());
    }
    ReleaseFile release = ReleaseFile.parse(what, text);
    release.check(what, location.suite(), clock.instant());
    return release;
  }

  private Optional<Fetched> newerKept(SuiteLocation location, Keyring keyring, Fetched candidate)
      throws ChannelException, IOException {
    Optional<Path> keptFile = documents.kept(location.listFile(IN_RELEASE));
    if (keptFile.isEmpty()) {
      return Optional.empty();
    }
    Map<String, byte[]> files = Map.of(IN_RELEASE, Files.readAllBytes(keptFile.get()));
    return DocumentReader.newerKept(
        candidate,
        () ->
            new Fetched(
                location,
                verified(location, keyring, files),
                files,
                Map.of(),
                Optional.of(DocumentReader.olderThanOurs(location.uriOf(IN_RELEASE)))),
        fetched -> fetched.release().date(location.uriOf(IN_RELEASE)));
  }
}
