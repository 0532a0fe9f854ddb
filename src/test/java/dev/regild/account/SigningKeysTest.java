package dev.regild.account;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.EachDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class SigningKeysTest {
  private static final byte[] MESSAGE = "a message".getBytes(UTF_8);

  @TempDir Path directory;
  @AutoClose private SecretRegistry registry;
  private SigningKeys keys;

  @BeforeEach
  void open() throws IOException {
    registry = SecretRegistry.in(directory);
    keys = with(Optional.empty());
  }

  private SigningKeys with(Optional<String> masterKey) throws IOException {
    return new SigningKeys(registry.database(), registry.masterKey(masterKey), Clock.systemUTC());
  }

  @Test
  void theFirstStartMakesAKeyAndLaterOnesKeepIt() throws Exception {
    String id = keys.firstStart().orElseThrow();
    assertThat(id).matches("[0-9a-f]{64}");
    assertThat(with(Optional.empty()).firstStart()).isEmpty();
    assertThat(keys.list())
        .singleElement()
        .satisfies(kept -> {
          assertThat(kept.publicKey().id()).isEqualTo(id);
          assertThat(kept.current()).isTrue();
        });
    SigningKey signing = registry.database().read(keys::current);
    assertThat(kept(0).verifies(MESSAGE, signing.sign(MESSAGE))).isTrue();
    assertThat(kept(0).verifies("another".getBytes(UTF_8), signing.sign(MESSAGE))).isFalse();
    assertThat(kept(0).verifies(MESSAGE, new byte[64])).isFalse();
    assertThat(kept(0).verifies(MESSAGE, new byte[3])).isFalse();
  }

  @Test
  void ofNodesThatStartAtOnceOneMakesTheKey() throws Exception {
    List<Callable<Optional<String>>> starts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      SigningKeys ofNode = with(Optional.empty());
      starts.add(ofNode::firstStart);
    }
    List<String> made = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (Future<Optional<String>> start : threads.invokeAll(starts)) {
        start.get().ifPresent(made::add);
      }
    }
    assertThat(made).hasSize(1);
    assertThat(keys.list()).hasSize(1);
  }

  @Test
  void aRotationSignsWithANewKeyAndTheOldOneStillVerifies() {
    var _ = keys.firstStart();
    byte[] old = registry.database().read(keys::current).sign(MESSAGE);
    String id = keys.rotate().id();
    assertThat(kept(0).id()).isEqualTo(id);
    assertThat(keys.list()).extracting(SigningKeys.Kept::current).containsExactly(true, false);
    assertThat(registry.database().read(keys::current).publicKey().id()).isEqualTo(id);
    assertThat(kept(1).verifies(MESSAGE, old)).isTrue();
    assertThat(kept(0).verifies(MESSAGE, old)).isFalse();
  }

  @Test
  void thePrivateKeyIsNowhereInPlain() throws Exception {
    var _ = keys.firstStart();
    SigningKey key = registry.database().read(keys::current);
    String pkcs8 = new String(Base64.getDecoder().decode(key.secret()), ISO_8859_1);
    String seed = pkcs8.substring(pkcs8.length() - 32);
    assertThat(key.toString()).contains(kept(0).id()).doesNotContain(key.secret());
    registry.assertNotInPlain(key.secret(), seed);
  }

  @Test
  void aWrongMasterKeyIsSaidWithTheRemedyAndARotationIsOne() throws Exception {
    String id = keys.firstStart().orElseThrow();
    SigningKeys wrong = with(Optional.of(Base64.getEncoder().encodeToString(new byte[32])));
    assertThatThrownBy(wrong::firstStart)
        .isInstanceOf(WrongMasterKeyException.class)
        .hasMessageContaining(id)
        .hasMessageContaining("regild signing-key rotate");
    var _ = wrong.rotate();
    assertThat(wrong.firstStart()).isEmpty();
    assertThat(SigningKeys.list(registry.database())).hasSize(2);
  }

  @Test
  void aPrivateKeyThatWasMovedToAnotherRowDoesNotOpen() {
    var _ = keys.firstStart();
    var _ = keys.rotate();
    registry
        .database()
        .useTransaction(handle ->
            handle.execute(
                """
                UPDATE signing_key SET sealed_private_key =
                  (SELECT sealed_private_key FROM signing_key WHERE serial = 1) WHERE serial = 2
                """));
    assertThatThrownBy(() -> registry.database().read(keys::current))
        .isInstanceOf(WrongMasterKeyException.class);
  }

  @Test
  void aPublicKeyIsPemAsOthersWriteIt() {
    var _ = keys.firstStart();
    String pem = kept(0).pem();
    assertThat(pem).startsWith("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA");
    assertThat(PublicSigningKey.ofPem(pem.replace("\n", "\r\n").strip()).id())
        .isEqualTo(kept(0).id());
    for (String bad : List.of("", "x", pem.replace("MCow", "MCox"), pem + pem)) {
      assertThatIllegalArgumentException().isThrownBy(() -> PublicSigningKey.ofPem(bad));
    }
  }

  private PublicSigningKey kept(int index) {
    return keys.list().get(index).publicKey();
  }
}
