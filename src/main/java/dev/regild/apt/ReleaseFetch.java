package dev.regild.apt;

import dev.regild.channel.DocumentReader;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Keyring;
import dev.regild.fetch.MissingFileException;
import dev.regild.fetch.Validators;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.openpgp.PGPSignature;

/**
 * Gets a suite's signed Release file and lets it pass only if everything about it is right.
 *
 * @param untilCounts whether a Release file that has expired is refused
 */
record ReleaseFetch(DocumentReader documents, Keyring keyring, boolean untilCounts, Clock clock) {
  private static final String IN_RELEASE = "InRelease";
  private static final String RELEASE = "Release";
  private static final String SIGNATURE = "Release.gpg";

  /**
   * A suite's Release file.
   *
   * @param files by their path below the suite, one for InRelease, two for the detached form
   * @param validators by URI, for the next time
   * @param notices that it is the one that we had, as the repository has an older one; that it has
   *     another name; that its key is weak
   */
  record Fetched(
      SuiteLocation location,
      ReleaseFile release,
      Map<String, byte[]> files,
      Map<String, Validators> validators,
      List<String> notices) {}

  Fetched fetch(SuiteLocation location) throws FetchException, IOException, InterruptedException {
    Map<String, Validators> validators = new HashMap<>();
    Map<String, byte[]> files = new LinkedHashMap<>();
    try {
      files.put(IN_RELEASE, read(location, IN_RELEASE, validators));
    } catch (MissingFileException e) {
      files.put(RELEASE, read(location, RELEASE, validators));
      files.put(SIGNATURE, read(location, SIGNATURE, validators));
    }
    Fetched candidate = verified(location, files, validators, untilCounts);
    Optional<Fetched> kept = kept(location);
    Optional<Fetched> newer = kept.filter(ours -> isNewer(ours, candidate));
    Fetched fetched = newer.isPresent() ? asNewer(newer.get()) : candidate;
    requireSameSuite(fetched, kept);
    return fetched;
  }

  private byte[] read(SuiteLocation location, String path, Map<String, Validators> validators)
      throws FetchException, IOException, InterruptedException {
    return documents.read(location.uriOf(path), location.listFile(path), validators);
  }

  private Fetched verified(
      SuiteLocation location,
      Map<String, byte[]> files,
      Map<String, Validators> validators,
      boolean untilCountsNow)
      throws FetchException {
    byte[] clearSigned = files.get(IN_RELEASE);
    String what = location.uriOf(clearSigned == null ? RELEASE : IN_RELEASE);
    byte[] text;
    List<String> notices;
    if (clearSigned == null) {
      text = files.getOrDefault(RELEASE, new byte[0]);
      byte[] signature = files.getOrDefault(SIGNATURE, new byte[0]);
      notices =
          keyring.verify(what, text, signature, PGPSignature.BINARY_DOCUMENT, clock.instant());
    } else {
      ClearSigned message = ClearSigned.parse(what, clearSigned);
      text = message.text();
      notices =
          keyring.verify(
              what,
              message.canonical(),
              message.signature(),
              PGPSignature.CANONICAL_TEXT_DOCUMENT,
              clock.instant());
    }
    ReleaseFile release = ReleaseFile.parse(what, text);
    release.check(what, untilCountsNow, clock.instant());
    List<String> all = new ArrayList<>(notices);
    if (!release.isNamed(location)) {
      all.add(
          "%s calls itself %s, not '%s'; check that this is the right suite"
              .formatted(what, names(release), location.suite()));
    }
    return new Fetched(location, release, files, validators, all);
  }

  private static String names(ReleaseFile release) {
    return "'%s' (%s)".formatted(release.suite(), release.codename());
  }

  /** What the snapshot so far has; empty if it has none that the key still vouches for. */
  private Optional<Fetched> kept(SuiteLocation location) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : List.of(IN_RELEASE, RELEASE, SIGNATURE)) {
      Optional<Path> file = documents.kept(location.listFile(name));
      if (file.isPresent()) {
        files.put(name, Files.readAllBytes(file.get()));
      }
    }
    try {
      return files.isEmpty()
          ? Optional.empty()
          : Optional.of(verified(location, files, Map.of(), false));
    } catch (FetchException e) {
      return Optional.empty();
    }
  }

  /**
   * A mirror that lags behind, or an attacker, may answer with an older document than we have. Then
   * ours stays, as it does for apt, unless its time is over.
   */
  private boolean isNewer(Fetched ours, Fetched candidate) {
    String what = ours.location().uriOf(IN_RELEASE);
    try {
      ours.release().check(what, untilCounts, clock.instant());
      return ours.release().date(what).isAfter(candidate.release().date(what));
    } catch (FetchException e) {
      return false;
    }
  }

  private static Fetched asNewer(Fetched ours) {
    List<String> notices = new ArrayList<>(ours.notices());
    notices.add(DocumentReader.olderThanOurs(ours.location().uriOf(IN_RELEASE)));
    return new Fetched(
        ours.location(), ours.release(), ours.files(), ours.validators(), List.copyOf(notices));
  }

  /**
   * A repository that never had its directory's name is taken as it is, as apt does. One that has
   * become another may be the work of whoever plays back another suite by the same key.
   */
  private static void requireSameSuite(Fetched now, Optional<Fetched> kept) throws FetchException {
    SuiteLocation location = now.location();
    if (kept.isEmpty() || now.release().isNamed(location)) {
      return;
    }
    ReleaseFile before = kept.get().release();
    if (before.isNamed(location) || !before.codename().equals(now.release().codename())) {
      throw new FetchException(
          ("%s was %s and is now %s; use another mirror or, if this is intended, remove the channel and"
                  + " add it again")
              .formatted(location.uriOf(IN_RELEASE), names(before), names(now.release())));
    }
  }
}
