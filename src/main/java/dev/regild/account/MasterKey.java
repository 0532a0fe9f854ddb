package dev.regild.account;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key that encrypts secrets at rest: those of access keys, and the private halves of signing
 * keys. AES-256-GCM, with the id of the key as associated data, so that a secret moved to another
 * row doesn't open.
 */
public final class MasterKey {
  /** The environment variable that holds the key in Base64 and stands above the file. */
  public static final String ENVIRONMENT_VARIABLE = "REGILD_MASTER_KEY";

  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final SecretKeySpec key;
  private final String origin;

  private MasterKey(byte[] key, String origin) {
    this.key = new SecretKeySpec(key, "AES");
    this.origin = origin;
  }

  /**
   * The key from the environment if it is there, else from the file, which is made on first use
   * with the mode 0600.
   *
   * @param file holds the key in Base64
   * @param fromEnvironment the value of {@link #ENVIRONMENT_VARIABLE}
   * @throws IllegalArgumentException if it is not 32 bytes in Base64
   */
  public static MasterKey load(Path file, Optional<String> fromEnvironment) throws IOException {
    if (fromEnvironment.isEmpty() && Files.notExists(file)) {
      return create(file);
    }
    return loadExisting(file, fromEnvironment);
  }

  /**
   * As {@link #load}, but makes none: whoever works on a server's data needs the server's own.
   *
   * @throws IOException if there is none, or its file can't be read
   * @throws IllegalArgumentException if it is not 32 bytes in Base64
   */
  public static MasterKey loadExisting(Path file, Optional<String> fromEnvironment)
      throws IOException {
    if (fromEnvironment.isPresent()) {
      return decoded(fromEnvironment.get(), ENVIRONMENT_VARIABLE);
    }
    try {
      return decoded(Files.readString(file, US_ASCII), file.toString());
    } catch (NoSuchFileException e) {
      throw new IOException(
          "No master key %s exists. If the server takes its key from %s, set that here too."
              .formatted(file, ENVIRONMENT_VARIABLE),
          e);
    }
  }

  /**
   * A key of its own for another purpose, from which this one can't be told.
   *
   * @return 32 bytes, the same for the same purpose
   */
  public byte[] derived(String purpose) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.getEncoded(), "HmacSHA256"));
      return mac.doFinal(purpose.getBytes(UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no HMAC-SHA-256.", e);
    }
  }

  /**
   * Encrypts a file.
   *
   * @param name bound into it: a file that was moved to another name does not open
   */
  public byte[] sealFile(String name, byte[] content) {
    return seal("file:" + name, Base64.getEncoder().encodeToString(content));
  }

  /**
   * Returns the file that was sealed under that name.
   *
   * @throws WrongMasterKeyException if another key, or another name, sealed it
   */
  public byte[] openFile(String name, byte[] sealed) {
    return Base64.getDecoder().decode(open("file:" + name, sealed));
  }

  byte[] seal(String accessKeyId, String secret) {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    try {
      byte[] sealed =
          cipher(Cipher.ENCRYPT_MODE, nonce, accessKeyId).doFinal(secret.getBytes(UTF_8));
      return ByteBuffer.allocate(nonce.length + sealed.length).put(nonce).put(sealed).array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no AES-256-GCM.", e);
    }
  }

  String open(String accessKeyId, byte[] sealed) {
    try {
      byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
      return new String(
          cipher(Cipher.DECRYPT_MODE, nonce, accessKeyId)
              .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES),
          UTF_8);
    } catch (AEADBadTagException e) {
      throw new WrongMasterKeyException(
          "The master key from %s is not the one that the secret of access key %s was stored with. Restore the master key that belongs to this database."
              .formatted(origin, accessKeyId),
          e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no AES-256-GCM.", e);
    }
  }

  @Override
  public String toString() {
    return "The master key from " + origin;
  }

  private static MasterKey decoded(String base64, String origin) {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(base64.strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(unfit(origin), e);
    }
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException(unfit(origin));
    }
    return new MasterKey(key, origin);
  }

  private static String unfit(String origin) {
    return "The master key from %s must be %d bytes in Base64. Restore it, or make one with: openssl rand -base64 %d"
        .formatted(origin, KEY_BYTES, KEY_BYTES);
  }

  private static MasterKey create(Path file) throws IOException {
    byte[] key = new byte[KEY_BYTES];
    RANDOM.nextBytes(key);
    PrivateFile.write(file, Base64.getEncoder().encodeToString(key) + "\n");
    return new MasterKey(key, file.toString());
  }

  private Cipher cipher(int mode, byte[] nonce, String accessKeyId)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(accessKeyId.getBytes(UTF_8));
    return cipher;
  }
}
