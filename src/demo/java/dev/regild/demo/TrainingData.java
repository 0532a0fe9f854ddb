package dev.regild.demo;

import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.FirstStart;
import dev.regild.account.MasterKey;
import dev.regild.apt.AptSource;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.PublishedDisk;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * The data directory of a server that is started to record which classes a server needs: one image,
 * and a refreshed channel with a newer agent than the image's. The image has no layer's file.
 */
public final class TrainingData {
  private static final String PLATFORM = "DEBIAN_12";
  private static final String LAYER = "training";

  private TrainingData() {}

  /**
   * Makes it.
   *
   * @param arguments a directory that is empty
   */
  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[0]);
    Clock clock = Clock.systemUTC();
    addChannel(data, clock);
    try (Database database = Database.open(data.resolve("regild.db"))) {
      Accounts accounts =
          new Accounts(
              database, MasterKey.load(data.resolve("master.key"), Optional.empty()), clock);
      new FirstStart(data, accounts).run();
      for (Account account : accounts.list()) {
        addImage(database, new Owner(account.id(), "us-east-1"), clock);
      }
    }
  }

  private static void addChannel(Path data, Clock clock) throws Exception {
    AgentRepository agent = AgentRepository.open(data.resolve("agent-repository"));
    agent.publish(AgentPackage.version("2.0.0"));
    ChannelStore channels = new ChannelStore(data, clock);
    channels.add(
        new Channel(
            "training",
            PLATFORM,
            List.of(
                new AptSource(
                    List.of(agent.root().toUri().toString().replaceFirst("^file:/+", "file:///")),
                    List.of(AgentRepository.SUITE),
                    List.of(AgentRepository.COMPONENT),
                    List.of("amd64"),
                    agent.keyring().toAbsolutePath().toString())),
            Channel.DEFAULT_DRIVER_PACKAGES,
            List.of(AgentPackage.NAME),
            Channel.DEFAULT_REFRESH_INTERVAL));
    channels.refresh("training");
  }

  private static void addImage(Database database, Owner owner, Clock clock) {
    Inventory inventory =
        new Inventory(
            new OperatingSystem(PLATFORM, "Debian GNU/Linux 12 (bookworm)", "12.5"),
            "amd64",
            List.of(new InstalledPackage(AgentPackage.NAME, "all", "1.0.0", false)));
    database.useTransaction(handle -> {
      LayerRecords.insert(handle, new Layer(LAYER, Optional.empty(), 4096, 1 << 20, "0".repeat(64), 1));
      Image image =
          Image.importing(
              owner, "training", Optional.empty(), Optional.empty(), List.of(), clock.instant());
      Images.insert(handle, image);
      Images.publish(
          handle,
          image,
          new PublishedDisk(
              new ImageDisk(
                  LAYER,
                  new Inventories(database).store(handle, inventory),
                  new DiskLayout(DiskLayout.Firmware.BIOS, List.of())),
              PLATFORM,
              Optional.of("1.0.0"),
              Optional.empty()));
    });
  }
}
