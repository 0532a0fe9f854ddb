package dev.regild.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.apt.AptSource;
import dev.regild.windows.catalogue.CatalogueSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChannelTest {
  @Test
  void anAgentIsAPackageAndOfWindowsAProduct() {
    assertThat(
            withAgent("WINDOWS", new CatalogueSource("amd64"), "Example Agent (x64)")
                .agentPackages())
        .containsExactly("Example Agent (x64)");
    AptSource debian =
        new AptSource(
            List.of("https://debian.example"),
            List.of("bookworm"),
            List.of("main"),
            List.of("amd64"),
            "/keyring.gpg");
    assertThat(withAgent("DEBIAN_12", debian, "example-agent").agentPackages()).hasSize(1);
    assertThatThrownBy(() -> withAgent("DEBIAN_12", debian, "Example Agent"))
        .hasMessage(
            "agent-packages: 'Example Agent' can't be used; write for example example-agent");
  }

  private static Channel withAgent(String platform, PackageSource source, String agent) {
    return new Channel(
        "channel",
        platform,
        List.of(source),
        Channel.DEFAULT_DRIVER_PACKAGES,
        List.of(agent),
        Channel.DEFAULT_REFRESH_INTERVAL);
  }
}
