package dev.regild.account;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Gives a new installation an account and an access key, so that it can be called at once. */
public final class FirstStart {
  private final Path dataDirectory;
  private final Accounts accounts;

  public FirstStart(Path dataDirectory, Accounts accounts) {
    this.dataDirectory = dataDirectory;
    this.accounts = accounts;
  }

  /**
   * Makes the account {@code default} with one access key where there is no account yet.
   *
   * @return the file that holds the key, in the format of the AWS credentials file, mode 0600;
   *     empty if there was an account already
   */
  public Optional<Path> run() throws IOException {
    if (!accounts.list().isEmpty()) {
      return Optional.empty();
    }
    Account account = accounts.newAccount("default");
    AccessKey key = AccessKey.generate(account, false);
    Path file = dataDirectory.resolve("credentials");
    // The file first: after a crash in between, the next start finds no account and writes the file
    // again.
    PrivateFile.write(file, key.asCredentialsFile());
    if (!accounts.addFirst(account, key)) {
      // Another node was faster; its file has the key.
      Files.deleteIfExists(file);
      return Optional.empty();
    }
    return Optional.of(file);
  }
}
