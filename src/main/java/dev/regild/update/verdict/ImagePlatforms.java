package dev.regild.update.verdict;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.db.Database;
import java.util.HashSet;
import java.util.Set;

/** The platforms of which feeds are read. */
public final class ImagePlatforms {
  private ImagePlatforms() {}

  /** Returns the platforms of all images that were judged, and of all channels. */
  public static Set<String> of(Database database, ChannelStore channels) throws ChannelException {
    Set<String> platforms = new HashSet<>(database.read(Verdicts::platforms));
    for (Channel channel : channels.list()) {
      platforms.add(channel.platform());
    }
    return platforms;
  }
}
