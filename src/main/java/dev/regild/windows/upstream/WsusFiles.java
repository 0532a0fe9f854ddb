package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.windows.catalogue.FileSupply;
import dev.regild.windows.catalogue.OfferedFile;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of a WSUS. It lists what it has synchronised, and has the files only of what its
 * administrator has approved: the others it is asked to download, which takes it some time.
 */
public final class WsusFiles implements FileSupply {
  private static final Logger LOG = LoggerFactory.getLogger(WsusFiles.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final int MOST_LOOKS = 120;

  private final Duration pause;
  private final int looks;

  public WsusFiles() {
    this(PAUSE, MOST_LOOKS);
  }

  /**
   * @param pause between two looks whether the server has the files
   * @param looks before it is given up
   */
  WsusFiles(Duration pause, int looks) {
    this.pause = pause;
    this.looks = looks;
  }

  @Override
  public void require(String server, Route route, List<OfferedFile> files, Transport transport)
      throws FetchException, InterruptedException {
    Transport there = transport.by(route).staying();
    List<OfferedFile> missing = missing(files, there);
    if (missing.isEmpty()) {
      return;
    }
    if (missing.stream().allMatch(WsusFiles::isElsewhere)) {
      askInPassing(server, there, missing);
      return;
    }
    ask(server, there, missing);
    for (int i = 0; i < looks && !missing.isEmpty(); i++) {
      // Others have what is missing: it is not waited for.
      if (missing.stream().allMatch(WsusFiles::isElsewhere)) {
        return;
      }
      Thread.sleep(pause);
      missing = missing(missing, there);
    }
    List<OfferedFile> nowhere = missing.stream().filter(each -> !isElsewhere(each)).toList();
    if (!nowhere.isEmpty()) {
      throw new FetchException(
          "%s lists %s, but does not have the file; approve the update there and try again, or set fetch-from-microsoft: true in the channel's file"
              .formatted(
                  server, nowhere.stream().map(OfferedFile::fileName).collect(joining(", "))));
    }
  }

  private static boolean isElsewhere(OfferedFile file) {
    return file.urls().size() > 1;
  }

  /** For the next time; whatever the server says, the files come from elsewhere now. */
  private static void askInPassing(String server, Transport there, List<OfferedFile> missing)
      throws InterruptedException {
    try {
      ask(server, there, missing, List.of());
    } catch (FetchException e) {
      LOG.atInfo()
          .addKeyValue("server", server)
          .addKeyValue("reason", e.getMessage())
          .log("the server of updates does not take a request for files; they come from Microsoft");
    }
  }

  private static List<OfferedFile> missing(List<OfferedFile> files, Transport transport)
      throws FetchException, InterruptedException {
    List<OfferedFile> missing = new ArrayList<>();
    for (OfferedFile each : files) {
      if (!transport.exists(URI.create(each.urls().getFirst()))) {
        missing.add(each);
      }
    }
    return missing;
  }

  private static void ask(String server, Transport transport, List<OfferedFile> missing)
      throws FetchException, InterruptedException {
    ask(server, transport, missing, Session.PAUSES);
  }

  /** A server that does not take the request may have the files all the same, or soon. */
  private static void ask(
      String server, Transport transport, List<OfferedFile> missing, List<Duration> pauses)
      throws FetchException, InterruptedException {
    ServerSync sync = new ServerSync(URI.create(server + "/"), transport, Optional.empty());
    UUID account = UUID.nameUUIDFromBytes(server.getBytes(UTF_8));
    try {
      var _ =
          new Session(sync, account, pauses)
              .call(cookie -> {
                sync.downloadFiles(cookie, missing.stream().map(OfferedFile::sha1).toList());
                return true;
              });
    } catch (SyncFault fault) {
      if (!fault.is(SyncFault.DIGESTS_MISSING)) {
        throw new FetchException(
            "%s can't be asked for files: %s; approve the update there, and try again"
                .formatted(server, fault.getMessage()),
            fault);
      }
    }
  }
}
