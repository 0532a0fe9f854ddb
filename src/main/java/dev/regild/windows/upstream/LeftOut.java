package dev.regild.windows.upstream;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.windows.catalogue.Catalogue;
import java.io.IOException;
import java.util.List;

/** What an update server has that nothing supersedes, and that a channel can't offer. */
public final class LeftOut {
  private LeftOut() {}

  /**
   * Returns what the last refresh of a channel has left out: each with the reason, in a line.
   *
   * @return empty for a channel that follows no update server
   */
  public static List<String> of(ChannelStore channels, Channel channel) throws IOException {
    return channel.sources().getFirst() instanceof WsusSource wsus
        ? UpstreamState.read(Catalogue.directory(channels.directory(), channel.name()), wsus.url())
            .leftOut()
        : List.of();
  }
}
