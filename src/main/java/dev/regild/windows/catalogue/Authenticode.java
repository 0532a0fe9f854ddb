package dev.regild.windows.catalogue;

import dev.regild.files.Sha256;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Verifies the signature of a cabinet by osslsigncode, which sees nothing but the file and the
 * roots that the signature has to lead to. Lists of revoked certificates are not asked for.
 */
final class Authenticode {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Program.Limits LIMITS =
      new Program.Limits(8L << 30, LIMIT, OptionalLong.of(1 << 20));

  private static final Pattern SIGNER = Pattern.compile("(?s)Signer #0:\\s+Subject: ([^\\n]*)\\n");

  /** Microsoft's roots also stand behind drivers, which their makers sign with its help. */
  private static final Pattern MICROSOFT =
      Pattern.compile(
          "(?:.*/)?O=Microsoft Corporation/(?:.*/)?CN=Microsoft (?!.*(Third Party|Hardware)).*");

  /** Who signs the catalogues of drivers that Microsoft has let in. */
  private static final Pattern WHQL =
      Pattern.compile(
          "(?:.*/)?O=Microsoft Corporation/(?:.*/)?CN=Microsoft Windows Hardware Compatibility"
              + " Publisher");

  private final Optional<Path> roots;

  /**
   * @param roots a PEM file with the roots that a signature has to lead to; empty for Microsoft's
   */
  Authenticode(Optional<Path> roots) {
    this.roots = roots;
  }

  /**
   * Verifies a file.
   *
   * @param work a directory for a copy of Microsoft's roots
   * @return who signed it
   * @throws UnsignedException if it isn't signed, its signature is not good, or the signer another
   */
  String verify(Path file, Path work) throws UnsignedException, IOException, InterruptedException {
    return verify(file, work, MICROSOFT, "Microsoft");
  }

  /** Verifies the catalogue of a driver's files in the same way; WHQL has to be its signer. */
  String verifyWhql(Path catalogue, Path work)
      throws UnsignedException, IOException, InterruptedException {
    return verify(catalogue, work, WHQL, "WHQL");
  }

  private String verify(Path file, Path work, Pattern wanted, String who)
      throws UnsignedException, IOException, InterruptedException {
    Path trusted = roots.isPresent() ? roots.get() : microsoft(work);
    String said;
    try {
      said = run(file, trusted, List.of("-ignore-cdp"));
    } catch (ProgramException e) {
      said = again(file, trusted);
    }
    Matcher signer = SIGNER.matcher(said);
    if (!said.contains("Signature verification: ok") || !signer.find()) {
      throw new UnsignedException("its signature can't be verified");
    }
    String subject = signer.group(1).strip();
    if (roots.isEmpty() && !wanted.matcher(subject).matches()) {
      throw new UnsignedException("it is signed by " + subject + ", not by " + who);
    }
    return subject;
  }

  /** Versions before 2.6 do not know the option, and ask for no lists. */
  private static String again(Path file, Path trusted)
      throws UnsignedException, InterruptedException {
    try {
      return run(file, trusted, List.of());
    } catch (ProgramException e) {
      throw new UnsignedException(
          "its signature is missing or not good ("
              + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
              + ")",
          e);
    }
  }

  private static String run(Path file, Path trusted, List<String> options)
      throws ProgramException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("osslsigncode", "verify"));
    command.addAll(options);
    command.addAll(List.of("-CAfile", trusted.toString(), "-TSA-CAfile", trusted.toString()));
    command.addAll(List.of("-in", file.toString()));
    return Program.of(command)
        .within(LIMIT)
        .limitedTo(LIMITS)
        .in(Sandbox.reading(file, trusted))
        .run();
  }

  /** Returns the SHA-256 of the roots; empty while their file is missing. */
  String rootsDigest() throws IOException {
    try {
      return Sha256.of(roots.isPresent() ? Files.readAllBytes(roots.get()) : microsoft());
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  private static Path microsoft(Path work) throws IOException {
    return Files.write(work.resolve("signing-roots.pem"), microsoft());
  }

  private static byte[] microsoft() throws IOException {
    try (InputStream in = Authenticode.class.getResourceAsStream("signing-roots.pem")) {
      return Objects.requireNonNull(in, "signing-roots.pem").readAllBytes();
    }
  }

  /** A file that its maker did not sign. */
  static final class UnsignedException extends Exception {
    private static final long serialVersionUID = 1;

    UnsignedException(String message) {
      super(message);
    }

    private UnsignedException(String message, ProgramException cause) {
      super(message, cause);
    }
  }
}
