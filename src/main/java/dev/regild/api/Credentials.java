package dev.regild.api;

import java.util.Optional;

/** The access keys that requests may be signed with. */
@FunctionalInterface
public interface Credentials {
  /** The key of that id; empty if there is none. */
  Optional<Credential> find(String accessKeyId);

  /**
   * One access key.
   *
   * @param accountId the account that it belongs to, 12 digits
   * @param secret what signatures are made with; it never leaves the process
   */
  record Credential(String accountId, String secret) {
    @Override
    public String toString() {
      return "Credential[accountId=" + accountId + "]";
    }
  }
}
