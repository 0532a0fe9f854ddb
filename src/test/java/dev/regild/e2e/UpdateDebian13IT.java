package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.apt.AptSource;
import dev.regild.apt.HostSources;
import dev.regild.channel.Channel;
import dev.regild.channel.PackageSource;
import dev.regild.demo.AgentPackage;
import dev.regild.demo.AgentRepository;
import dev.regild.demo.GoldenImage;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.GoldenDisk;
import dev.regild.servicing.Guest;
import dev.regild.servicing.Isolation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.appstream.AppStreamClient;
import software.amazon.awssdk.services.appstream.model.Image;
import software.amazon.awssdk.services.appstream.model.ImageState;
import tools.jackson.databind.JsonNode;

/**
 * A whole update of a Debian 13 to the newest kernel, which boots. Its systemd takes a process
 * namespace for a container, in which no hook touches the boot loader. The disk is set up as many
 * are: its initramfs is for its own machine alone, and GRUB is to be installed on a disk of that
 * machine's.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class UpdateDebian13IT {
  private static final Pattern NEW_KERNEL =
      Pattern.compile("\\+linux-image-(\\d\\S+-cloud-amd64) ");

  /** Where the image's machine has its disk; no machine has it here while packages change. */
  private static final String DISK_OF_GRUB = "/dev/vda";

  private static final String INITRAMFS = "/etc/initramfs-tools/conf.d/quick";
  private static final String FOR_ITS_MACHINE = "MODULES=dep\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n";

  /** The agent's installation runs what an upgrade of grub-pc runs. */
  private static final AgentPackage AGENT =
      Fixtures.NEW_AGENT.withAfterInstall(
          "/var/lib/dpkg/info/grub-pc.postinst configure"
              + " \"$(dpkg-query --show --showformat '${Version}' grub-pc)\"");

  private static final String BASE = "trixie";
  private static final String PINNED = "pinned";

  @TempDir static Path shared;
  @TempDir Path directory;

  /** With both images; each test has a server of its own on it. */
  private static Path data = Path.of("");

  @BeforeAll
  static void importTheDisks() throws Exception {
    data = shared.resolve("data");
    AgentRepository agent =
        Fixtures.agentRepository(shared.resolve("agent"), GoldenImage.AGENT, AGENT);
    List<PackageSource> sources = new ArrayList<>(debian13());
    sources.add(LocalServer.source(agent));
    Channel channel = LocalServer.channel("DEBIAN_13", sources, AgentPackage.NAME);
    try (LocalServer server = LocalServer.start(data, channel, Isolation.NAMESPACE, Map.of());
        AppStreamClient client = server.client()) {
      for (Image image :
          List.of(
              server.importDisk(client, BASE, disk()),
              server.importDisk(client, PINNED, pinnedDisk()))) {
        assertThat(image.state()).as(image.toString()).isEqualTo(ImageState.AVAILABLE);
        assertThat(image.platformAsString()).isEqualTo("DEBIAN_13");
      }
    }
  }

  private static Path disk() throws Exception {
    Path disk = Files.copy(Fixtures.debian13(), shared.resolve("disk.qcow2"));
    try (Guest guest = GoldenDisk.open(disk, shared.resolve("disk-guest"))) {
      guest.write(INITRAMFS, FOR_ITS_MACHINE.getBytes(UTF_8), 0644);
      String answers = Guest.WORKSPACE + "/answers";
      guest.write(
          answers,
          """
          grub-pc grub-pc/install_devices multiselect %s
          grub-pc grub-pc/install_devices_empty boolean false
          """
              .formatted(DISK_OF_GRUB)
              .getBytes(UTF_8),
          0644);
      guest.run("debconf-set-selections", answers);
    }
    return disk;
  }

  /** As an owner does who wants to stay on a kernel: by the title of its entry. */
  private static Path pinnedDisk() throws Exception {
    Path disk = Files.copy(Fixtures.debian13(), shared.resolve("pinned.qcow2"));
    try (Guest guest = GoldenDisk.open(disk, shared.resolve("pinned-guest"))) {
      String kernel = guest.run("ls", "/lib/modules").strip();
      guest.write(
          "/etc/default/grub.d/60-pinned.cfg",
          "GRUB_DEFAULT=\"%s\"\n".formatted(entry(kernel)).getBytes(UTF_8),
          0644);
    }
    return disk;
  }

  private static String entry(String kernel) {
    return "Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux " + kernel;
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void theKernelThatBootsIsTheOneThatWasInstalled(Isolation isolation) throws Exception {
    String name = "renewed-in-" + isolation.name().toLowerCase(Locale.ROOT);
    try (LocalServer server = LocalServer.start(data, isolation);
        AppStreamClient client = server.client()) {
      SignedHttp http = server.http();
      client.createUpdatedImage(r -> r.existingImageName(BASE).newImageName(name));
      Image renewed = LocalServer.await(client, name);

      JsonNode update = http.get("/regild/v1/updates/" + name);
      print(update);
      assertThat(renewed.state()).as(renewed.toString()).isEqualTo(ImageState.AVAILABLE);
      Matcher kernel = NEW_KERNEL.matcher(update.at("/steps/1/detail").asString());
      assertThat(kernel.find()).as("%s", update).isTrue();
      JsonNode qualification = http.get("/regild/v1/images/" + name).path("qualification");
      assertThat(qualification.path("kernel").asString()).isEqualTo(kernel.group(1));
      assertThat(qualification.path("systemState").asString()).isEqualTo("running");
      assertThat(qualification.path("warnings").isEmpty()).isTrue();
      assertThat(update.at("/plan/others").valueStream())
          .as("what comes new is in the record, not only in a step's words")
          .anySatisfy(other -> {
            assertThat(other.path("kind").asString()).isEqualTo("ADDED");
            assertThat(other.path("name").asString()).isEqualTo("linux-image-" + kernel.group(1));
          });
      try (Guest guest = server.open(renewed.arn(), directory.resolve("look"))) {
        assertThat(guest.run("find", "/usr", "/etc", "/var", "/boot", "-name", "*regild*"))
            .doesNotContain(".regild")
            .doesNotContain("zz-regild");
        assertThat(guest.run("dpkg-divert", "--list")).doesNotContain(".regild");
        assertThat(guest.run("sh", "-c", "echo GET grub-pc/install_devices | debconf-communicate"))
            .as("what debconf said before")
            .isEqualTo("0 " + DISK_OF_GRUB + "\n");
        assertThat(new String(guest.read(INITRAMFS), UTF_8)).isEqualTo(FOR_ITS_MACHINE);
        assertThat(guest.run("lsinitramfs", "/boot/initrd.img-" + kernel.group(1)))
            .as("it is for the machine that the image had, not for the one that serviced it")
            .contains("/virtio_blk.ko")
            .doesNotContain("/nvme.ko", "/ata_piix.ko");
      }
    }
  }

  @Test
  void anUpdateWhoseKernelTheOwnersPinKeepsFromBootingFails() throws Exception {
    String name = "renewed-pinned";
    try (LocalServer server = LocalServer.start(data, Isolation.NAMESPACE);
        AppStreamClient client = server.client()) {
      client.createUpdatedImage(r -> r.existingImageName(PINNED).newImageName(name));
      Image renewed = LocalServer.await(client, name);

      assertThat(renewed.state()).as(renewed.toString()).isEqualTo(ImageState.FAILED);
      assertThat(renewed.stateChangeReason().message())
          .containsPattern(
              "The new image boots the kernel \\S+-cloud-amd64 and not \\S+-cloud-amd64, which the"
                  + " update installed: GRUB_DEFAULT=Advanced options for Debian GNU/Linux>")
          .contains("chooses another entry");
      assertThat(server.http().get("/regild/v1/updates/" + name).at("/steps/6/status").asString())
          .as("Qualify")
          .isEqualTo("FAILED");
    }
  }

  /** This machine's sources of Debian, whatever its own release is. */
  private static List<AptSource> debian13() throws Exception {
    return new HostSources()
        .forPlatform("DEBIAN_12").sources().stream()
            .map(source ->
                new AptSource(
                    source.uris(),
                    source.suites().stream()
                        .map(suite -> suite.replace("bookworm", "trixie"))
                        .toList(),
                    source.components(),
                    source.architectures(),
                    source.signedBy()))
            .collect(Collectors.toList());
  }

  private static void print(JsonNode update) {
    for (JsonNode step : update.path("steps")) {
      System.out.printf(
          "%-8s %6d ms  %s%n",
          step.path("name").asString(),
          Duration.between(
                  Instant.parse(step.path("started").asString()),
                  Instant.parse(step.path("ended").asString()))
              .toMillis(),
          step.path("detail").asString());
    }
  }
}
