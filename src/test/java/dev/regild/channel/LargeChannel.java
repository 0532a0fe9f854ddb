package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.apt.AptSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A refreshed channel with as many packages as Debian has, all of them made up. */
public final class LargeChannel {
  /** Its platform. */
  public static final String PLATFORM = "DEBIAN_12";

  /** Its agent. */
  public static final String AGENT = "package-0";

  /** The hash of every package's file, which nobody fetches. */
  public static final String PACKAGE_SHA256 = "0".repeat(64);

  private static final int PACKAGES = 60_000;

  private LargeChannel() {}

  /**
   * Makes it and its repository in a server's data directory. Its packages are {@code package-0},
   * {@code package-1} and so on, all of version 1.1-1.
   */
  public static void create(Path data) throws Exception {
    Path repository = Files.createDirectories(data.resolve("repository"));
    TestKey key = TestKey.simple();
    Path keyring = repository.resolve("keyring.asc");
    Files.writeString(keyring, key.armored());
    try (TestRepository written = new TestRepository(repository)) {
      written.publish(key, Map.of(), packages().getBytes(UTF_8));
    }
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    channels.add(
        new Channel(
            "large",
            PLATFORM,
            List.of(
                new AptSource(
                    List.of("file://" + repository.toAbsolutePath()),
                    List.of("stable"),
                    List.of("main"),
                    List.of("amd64"),
                    keyring.toAbsolutePath().toString())),
            Channel.DEFAULT_DRIVER_PACKAGES,
            List.of(AGENT),
            Duration.ofDays(1)));
    channels.refresh("large");
  }

  private static String packages() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < PACKAGES; i++) {
      text.append(TestRepository.madeUp("package-" + i, "1.1-1", PACKAGE_SHA256));
    }
    return text.toString();
  }
}
