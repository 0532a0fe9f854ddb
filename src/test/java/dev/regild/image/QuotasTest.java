package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.LIMIT_EXCEEDED;
import static dev.regild.image.Registry.ALICE;
import static dev.regild.image.Registry.BOB;
import static dev.regild.image.Registry.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.EachDatabase;
import dev.regild.image.quota.Quota;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.image.quota.Quotas;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.HandleConsumer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class QuotasTest {
  @TempDir Path directory;
  @AutoClose private Registry registry;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
  }

  @Test
  void aQuotaIsExactAtItsEdgeHoweverManyAskAtOnce() {
    Quotas quotas = quotas(5, 0);
    List<Boolean> admitted =
        ImagesTest.together(
            16,
            () -> {
              try {
                registry.database.useTransaction(handle -> {
                  quotas.reserveImage(handle, ALICE);
                  Images.insert(handle, Registry.importing(ALICE, UUID.randomUUID().toString()));
                });
                return true;
              } catch (RefusedException e) {
                assertThat(e.reason()).isEqualTo(LIMIT_EXCEEDED);
                return false;
              }
            });
    assertThat(admitted.stream().filter(won -> won)).hasSize(5);
    assertThat(registry.<Long>read(h -> Images.count(h, ALICE))).isEqualTo(5);
  }

  @Test
  void aRefusalNamesTheQuotaItsValueAndTheUse() {
    Quotas quotas = quotas(1, 1);
    Image image = registry.available(ALICE, "golden");
    registry.updating(image, "golden-2");
    assertRefused(
        LIMIT_EXCEEDED,
        () -> look(h -> quotas.requireRoomForImage(h, ALICE)),
        "quota of images is 1, and account 111111111111 in eu-central-1 has 2");
    assertRefused(
        LIMIT_EXCEEDED,
        () -> registry.database.useTransaction(h -> quotas.reserveImageBuilder(h, ALICE)),
        "quota of image builders is 1, and account 111111111111 in eu-central-1 has 1");
    look(h -> quotas.requireRoomForImage(h, BOB));
    look(h -> quotas.requireRoomForImageBuilder(h, new Owner(ALICE.accountId(), "us-east-1")));
  }

  @Test
  void theCountFollowsEveryImageThatComesMovesAndGoes() {
    Image golden = registry.available(ALICE, "golden");
    Image other = registry.available(ALICE, "other");
    Owner everyone = Owner.everyone(ALICE.region());
    assertCounts(2, ALICE);
    registry.write(h -> PublicImages.makePublic(h, ALICE, golden.name()));
    assertCounts(1, ALICE);
    assertCounts(1, everyone);
    registry.write(h -> PublicImages.makePrivate(h, ALICE, golden.name()));
    assertCounts(2, ALICE);
    assertCounts(0, everyone);
    registry.write(h -> Images.remove(h, Images.startDeleting(h, other)));
    assertCounts(1, ALICE);
  }

  private void assertCounts(long images, Owner owner) {
    assertThat(registry.<Long>read(h -> Images.count(h, owner)))
        .isEqualTo(images)
        .isEqualTo(
            registry.<Long>read(h ->
                h.createQuery(
                        "SELECT COUNT(*) FROM image WHERE account_id = :account AND region ="
                            + " :region")
                    .bind("account", owner.accountId())
                    .bind("region", owner.region())
                    .mapTo(Long.class)
                    .one()));
  }

  @Test
  void lookingWritesNothing() {
    look(h -> quotas(1, 1).requireRoomForImage(h, ALICE));
    assertThat(
            registry.<Optional<String>>read(h ->
                h.createQuery("SELECT account_id FROM quota_use").mapTo(String.class).findOne()))
        .isEmpty();
  }

  private void look(HandleConsumer<RuntimeException> work) {
    registry.read(handle -> {
      work.useHandle(handle);
      return true;
    });
  }

  private Quotas quotas(int images, int imageBuilders) {
    return new Quotas(
        new QuotaLimits(Map.of(Quota.IMAGES, images, Quota.IMAGE_BUILDERS, imageBuilders)));
  }
}
