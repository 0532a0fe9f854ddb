package dev.regild.windows.upstream;

/**
 * What a server knows its client by. When it ends is the server's to say: this machine's clock may
 * be wrong.
 *
 * @param expiration as the server has written it
 * @param data a secret
 */
record SyncCookie(String expiration, String data) {
  @Override
  public String toString() {
    return "SyncCookie[until " + expiration + "]";
  }
}
