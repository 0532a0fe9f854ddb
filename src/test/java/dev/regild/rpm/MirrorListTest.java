package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MirrorListTest {
  private static final RpmSource SOURCE = new RpmSource("file:///list", "x86_64", "");
  private static final byte[] BOTH = "file:///etc\nhttps://m.example/8\n".getBytes(UTF_8);
  private static final byte[] LOCAL = "file:///etc\n".getBytes(UTF_8);

  @Test
  void onlyAListOnThisMachineNamesAMirrorOnIt() throws Exception {
    assertThat(MirrorList.ofText("https://m.example/list", BOTH, SOURCE, "8").baseUrls())
        .containsExactly("https://m.example/8");
    assertThat(MirrorList.ofText("file:///list", BOTH, SOURCE, "8").baseUrls())
        .containsExactly("file:///etc", "https://m.example/8");
    assertThatThrownBy(() -> MirrorList.ofText("https://m.example/list", LOCAL, SOURCE, "8"))
        .hasMessageContaining("names no mirror by http or https; check");
  }
}
