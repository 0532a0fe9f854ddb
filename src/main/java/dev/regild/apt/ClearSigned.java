package dev.regild.apt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.regild.fetch.FetchException;
import java.util.ArrayList;
import java.util.List;

/**
 * A message in OpenPGP's cleartext signature framework (RFC 9580, section 7), taken apart. Nothing
 * may stand before or after it: what is not signed is not read.
 *
 * @param text the message, its lines ended by a line feed
 * @param canonical the bytes that were signed: trailing blanks cut, lines separated by CR LF
 * @param signature the armored signatures
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ClearSigned(byte[] text, byte[] canonical, byte[] signature) {
  private static final String BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
  private static final String SIGNATURE = "-----BEGIN PGP SIGNATURE-----";
  private static final String END = "-----END PGP SIGNATURE-----";

  /**
   * @param what names the document in the message of the exception
   */
  static ClearSigned parse(String what, byte[] document) throws FetchException {
    List<String> lines = new String(document, ISO_8859_1).lines().toList();
    int textStart = endOfHeaders(what, lines);
    int signatureStart = lines.indexOf(SIGNATURE);
    if (signatureStart < textStart) {
      throw malformed(what, "it has no signature");
    }
    List<String> text = new ArrayList<>(signatureStart - textStart);
    for (String line : lines.subList(textStart, signatureStart)) {
      text.add(unescaped(what, line));
    }
    int end = lines.lastIndexOf(END);
    if (end < signatureStart
        || lines.subList(end + 1, lines.size()).stream().anyMatch(line -> !line.isBlank())) {
      throw malformed(what, "its signature has no end, or something follows it");
    }
    List<String> trimmed = text.stream().map(ClearSigned::withoutTrailingBlanks).toList();
    return new ClearSigned(
        (String.join("\n", trimmed) + "\n").getBytes(ISO_8859_1),
        String.join("\r\n", trimmed).getBytes(ISO_8859_1),
        (String.join("\n", lines.subList(signatureStart, end + 1)) + "\n").getBytes(ISO_8859_1));
  }

  private static int endOfHeaders(String what, List<String> lines) throws FetchException {
    if (lines.isEmpty() || !lines.getFirst().stripTrailing().equals(BEGIN)) {
      throw malformed(what, "it doesn't begin with " + BEGIN);
    }
    int line = 1;
    while (line < lines.size() && lines.get(line).startsWith("Hash: ")) {
      line++;
    }
    if (line >= lines.size() || !lines.get(line).isBlank()) {
      throw malformed(what, "its header has other lines than Hash");
    }
    return line + 1;
  }

  private static String unescaped(String what, String line) throws FetchException {
    if (line.startsWith("- ")) {
      return line.substring(2);
    }
    if (line.startsWith("-")) {
      throw malformed(what, "a line of its text begins with a bare hyphen");
    }
    return line;
  }

  private static String withoutTrailingBlanks(String line) {
    int end = line.length();
    while (end > 0 && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
      end--;
    }
    return line.substring(0, end);
  }

  private static FetchException malformed(String what, String why) {
    return new FetchException(
        what
            + " is not a clear-signed Release file: "
            + why
            + "; check that the URI belongs to a repository and that no proxy answers instead");
  }
}
