package dev.regild.machine.systemd;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Secrets that systemd hands to a service as files ({@code LoadCredential=}), not as variables,
 * which every child inherits and {@code systemctl show} prints.
 */
public final class Credentials {
  /**
   * The unit loads a directory under this name; each file of it gets the name and an underscore.
   */
  private static final String PREFIX = "regild_";

  private static final String VARIABLE = "[A-Z][A-Z0-9_]{0,99}";
  private static final int LARGEST = 1 << 20;

  /** The SDK's names of both. */
  private static final Map<String, String> AWS =
      Map.of(
          "AWS_ACCESS_KEY_ID",
          "aws.accessKeyId",
          "AWS_SECRET_ACCESS_KEY",
          "aws.secretAccessKey",
          "AWS_SESSION_TOKEN",
          "aws.sessionToken");

  private Credentials() {}

  /**
   * The variables of a process, with its credentials over them: the file {@code regild_PGPASSWORD}
   * has the value of {@code PGPASSWORD}. A line break at the end is not part of a value.
   *
   * @param environment the process's variables, of which {@code CREDENTIALS_DIRECTORY} is read
   * @throws IOException if a credential can't be read
   */
  public static Map<String, String> over(Map<String, String> environment) throws IOException {
    String directory = environment.getOrDefault("CREDENTIALS_DIRECTORY", "");
    if (directory.isEmpty()) {
      return environment;
    }
    Map<String, String> all = new HashMap<>(environment);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(directory), PREFIX + "*")) {
      for (Path file : files) {
        String name = file.getFileName().toString().substring(PREFIX.length());
        if (name.matches(VARIABLE)) {
          all.put(name, value(file));
        }
      }
    }
    return Map.copyOf(all);
  }

  /**
   * Has the AWS SDK find its keys among a process's variables and credentials: of the places where
   * it looks, only properties can be set within a process.
   *
   * @param all what {@link #over} returned
   */
  public static void giveToAws(Map<String, String> all) {
    AWS.forEach((variable, property) -> {
      String value = all.get(variable);
      if (value != null) {
        System.setProperty(property, value);
      }
    });
  }

  private static String value(Path file) throws IOException {
    if (Files.size(file) > LARGEST) {
      throw new IOException("the credential %s is larger than 1 MiB".formatted(file));
    }
    try {
      return Files.readString(file, StandardCharsets.UTF_8).replaceFirst("\\R\\z", "");
    } catch (CharacterCodingException e) {
      throw new IOException(
          "the credential %s is not UTF-8 text; write a key of random bytes in Base64"
              .formatted(file),
          e);
    }
  }
}
