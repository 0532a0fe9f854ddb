package dev.regild.windows.catalogue;

import dev.regild.archive.ArchiveException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1TaggedObject;

/**
 * The catalogue of a driver's files ({@code .cat}): a signed list of their digests (PKCS #7 with a
 * certificate trust list). Only what the signature covers is read; whether it is good is not.
 *
 * @param digests SHA-1 and SHA-256 of files, in lower-case hexadecimal
 */
record SignedCatalogue(Set<String> digests) {
  private static final ASN1ObjectIdentifier SIGNED_DATA =
      new ASN1ObjectIdentifier("1.2.840.113549.1.7.2");
  private static final ASN1ObjectIdentifier TRUST_LIST =
      new ASN1ObjectIdentifier("1.3.6.1.4.1.311.10.1");

  private static final int LARGEST = 16 << 20;

  SignedCatalogue {
    digests = Set.copyOf(digests);
  }

  /**
   * Reads a catalogue.
   *
   * @throws ArchiveException if it is none
   */
  static SignedCatalogue read(Path file) throws ArchiveException, IOException {
    if (Files.size(file) > LARGEST) {
      throw new ArchiveException(file.getFileName() + " in it is too large for a catalogue");
    }
    byte[] bytes = Files.readAllBytes(file);
    try (ASN1InputStream in = new ASN1InputStream(bytes)) {
      ASN1Sequence whole = ASN1Sequence.getInstance(in.readObject());
      require(SIGNED_DATA.equals(whole.getObjectAt(0)));
      ASN1Sequence signed = explicit(whole.getObjectAt(1));
      ASN1Sequence content = ASN1Sequence.getInstance(signed.getObjectAt(2));
      require(TRUST_LIST.equals(content.getObjectAt(0)));
      Set<String> digests = new HashSet<>();
      collect(explicit(content.getObjectAt(1)), digests);
      return new SignedCatalogue(digests);
    } catch (IOException | RuntimeException e) {
      // Whatever a parser of foreign bytes throws.
      throw new ArchiveException(file.getFileName() + " in it is not a signed catalogue", e);
    }
  }

  private static void require(boolean fits) throws IOException {
    if (!fits) {
      throw new IOException("it is something else");
    }
  }

  private static ASN1Sequence explicit(Object tagged) {
    return ASN1Sequence.getInstance(ASN1TaggedObject.getInstance(tagged), true);
  }

  private static void collect(Object each, Set<String> digests) {
    switch (each) {
      case ASN1OctetString octets -> {
        int length = octets.getOctets().length;
        if (length == 20 || length == 32) {
          digests.add(HexFormat.of().formatHex(octets.getOctets()));
        }
      }
      case ASN1Sequence sequence -> collectAll(sequence.getObjects(), digests);
      case ASN1Set set -> collectAll(set.getObjects(), digests);
      case ASN1TaggedObject tagged when tagged.isExplicit() ->
          collect(tagged.getExplicitBaseObject().toASN1Primitive(), digests);
      case ASN1Primitive _ -> {
        // Names, times and numbers.
      }
      default -> throw new IllegalArgumentException("it has an unknown part");
    }
  }

  private static void collectAll(Enumeration<?> all, Set<String> digests) {
    while (all.hasMoreElements()) {
      collect(all.nextElement(), digests);
    }
  }
}
