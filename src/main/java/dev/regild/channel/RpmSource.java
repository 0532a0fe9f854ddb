package dev.regild.channel;

import dev.regild.plan.PackageSystem;
import java.util.regex.Pattern;

/**
 * A package repository in dnf's terms (dnf.conf(5)): a directory with {@code repodata/repomd.xml}.
 *
 * @param baseUrl its root: {@code http}, {@code https} or {@code file}
 * @param architecture rpm's word for the machines: {@code x86_64}
 * @param gpgKey whose signature of repomd.xml is trusted: the path of a keyring, or the armored
 *     public key itself; empty where the repository signs none, and then it must be {@code https}
 *     or {@code file}
 */
public record RpmSource(String baseUrl, String architecture, String gpgKey)
    implements PackageSource {
  private static final Pattern WORD = Pattern.compile("[a-z0-9_]{2,16}");

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public RpmSource {
    baseUrl = RepositoryUri.checked("baseurl", baseUrl);
    if (!WORD.matcher(architecture).matches()) {
      throw new IllegalArgumentException(
          "architecture: '" + architecture + "' can't be used; write for example x86_64");
    }
    if (gpgKey.isEmpty() && baseUrl.startsWith("http:")) {
      throw new IllegalArgumentException(
          "gpgkey: is missing, and nothing else proves what comes over http; name the key that"
              + " signs repomd.xml, or use https");
    }
    if (!gpgKey.isEmpty()) {
      KeyText.check("gpgkey", gpgKey);
    }
  }

  @Override
  public PackageSystem system() {
    return PackageSystem.RPM;
  }

  /** rpm's word for the machine that this runs on. */
  public static String hostArchitecture() {
    String name = System.getProperty("os.arch", "amd64");
    return name.equals("amd64") ? "x86_64" : name;
  }
}
