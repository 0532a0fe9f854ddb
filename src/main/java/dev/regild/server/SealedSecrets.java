package dev.regild.server;

import dev.regild.account.MasterKey;
import dev.regild.policy.notice.Secrets;

/** Encrypts the secrets of notices with the master key. */
record SealedSecrets(MasterKey masterKey) implements Secrets {
  @Override
  public byte[] seal(String name, byte[] secret) {
    return masterKey.sealFile(name, secret);
  }

  @Override
  public byte[] open(String name, byte[] sealed) {
    return masterKey.openFile(name, sealed);
  }
}
