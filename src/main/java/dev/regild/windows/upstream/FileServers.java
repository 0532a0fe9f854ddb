package dev.regild.windows.upstream;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The servers that files of updates may come from: Microsoft's, and the channel's own. */
final class FileServers {
  private static final String DOWNLOAD = "download.windowsupdate.com";
  private static final List<String> DOMAINS =
      List.of("." + DOWNLOAD, ".dl.delivery.mp.microsoft.com");

  private final String own;

  FileServers(WsusSource source) {
    this.own = String.valueOf(source.root().getAuthority());
  }

  /** Returns the server of a URL that no file may come from; empty if it is a good one. */
  Optional<String> refusal(String url) {
    try {
      URI uri = URI.create(url);
      String scheme = String.valueOf(uri.getScheme());
      String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
      boolean good =
          List.of("http", "https").contains(scheme)
              && uri.getUserInfo() == null
              && (own.equals(uri.getAuthority())
                  || (uri.getPort() < 0
                      && (host.equals(DOWNLOAD) || DOMAINS.stream().anyMatch(host::endsWith))));
      return good ? Optional.empty() : Optional.of(host);
    } catch (IllegalArgumentException e) {
      return Optional.of("a malformed address");
    }
  }
}
