package dev.regild.windows.catalogue;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import java.util.List;

/** Makes a server have the files that it lists. */
@FunctionalInterface
public interface FileSupply {
  /**
   * Makes a server have files, before they are downloaded.
   *
   * @param server the root of its URLs
   * @param route how it is reached
   * @param files whose first place is at that server
   * @throws FetchException if it does not have one of them, and nobody else has
   */
  void require(String server, Route route, List<OfferedFile> files, Transport transport)
      throws FetchException, InterruptedException;
}
