package dev.regild.disk.upload;

import java.util.HexFormat;
import org.bouncycastle.crypto.digests.SHA256Digest;

/** A SHA-256 whose state can be saved, so that another node goes on where this one stopped. */
final class SavedSha256 {
  private final SHA256Digest digest;

  /** Begins with nothing. */
  SavedSha256() {
    this.digest = new SHA256Digest();
  }

  /** Goes on from a {@link #state}. */
  SavedSha256(byte[] state) {
    this.digest = new SHA256Digest(state);
  }

  void update(byte[] bytes, int offset, int length) {
    digest.update(bytes, offset, length);
  }

  byte[] state() {
    return digest.getEncodedState();
  }

  /** Returns the hash of all bytes, lower-case hexadecimal; to be asked for once, at the end. */
  String hex() {
    byte[] hash = new byte[digest.getDigestSize()];
    var _ = digest.doFinal(hash, 0);
    return HexFormat.of().formatHex(hash);
  }
}
