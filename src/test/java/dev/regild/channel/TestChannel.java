package dev.regild.channel;

import dev.regild.apt.AptSource;
import dev.regild.channel.TestRepository.Deb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** A channel for tests that plan updates and fetch nothing. */
public final class TestChannel {
  private TestChannel() {}

  /** Channels of which one has a snapshot with one package; its repository is gone. */
  public static ChannelStore offering(Path data, String platform, String name, String version)
      throws Exception {
    TestKey key = TestKey.simple();
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(data.resolve("repository")))) {
      repository.publish(key, Map.of(), List.of(new Deb(name, version)));
      AptSource source = repository.source(key);
      channels.add(new Channel("test", platform, List.of(source)));
      channels.refresh("test");
    }
    return channels;
  }
}
