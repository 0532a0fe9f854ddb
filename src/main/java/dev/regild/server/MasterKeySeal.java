package dev.regild.server;

import dev.regild.account.MasterKey;
import dev.regild.channel.shared.Seal;

/** Encrypts the credentials of channels with the master key. */
public record MasterKeySeal(MasterKey masterKey) implements Seal {
  @Override
  public byte[] seal(String name, byte[] content) {
    return masterKey.sealFile(name, content);
  }

  @Override
  public byte[] open(String name, byte[] sealed) {
    return masterKey.openFile(name, sealed);
  }
}
