package dev.regild.image;

import static dev.regild.image.RefusedException.Reason.ALREADY_EXISTS;
import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.IN_USE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;
import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;
import static dev.regild.image.Registry.ALICE;
import static dev.regild.image.Registry.BOB;
import static dev.regild.image.Registry.NOW;
import static dev.regild.image.Registry.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.regild.disk.layers.Layer;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.StateChangeReason.Code;
import dev.regild.image.builder.ImageBuilders;
import dev.regild.image.jobs.UpdateRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class ImagesTest {
  @TempDir Path directory;
  @AutoClose private Registry registry;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
  }

  @Test
  void anImageIsReadAsItWasWritten() throws IOException {
    String everyPlane =
        "a\"'\\%_\t\n"
            + "\u0001 \u00e9\u0416\u4e2d \ud83d\ude00 \ud840\udc00 \ud888\udf50 \udb40\udc41"
            + " \udb80\udc00 \udbff\udffd";
    var application =
        new Application(
            "editor",
            Optional.of(everyPlane),
            Optional.empty(),
            Optional.of("/usr/bin/editor"),
            Optional.empty(),
            true,
            Map.of("k", everyPlane),
            Optional.empty(),
            Optional.empty(),
            List.of("DEBIAN_12"),
            List.of(),
            Optional.of(NOW));
    Image image =
        Image.importing(
            ALICE,
            "golden",
            Optional.of(everyPlane),
            Optional.of(everyPlane),
            List.of(application),
            NOW);
    registry.write(handle -> {
      Images.insert(handle, image);
      return true;
    });
    assertThat(found("golden")).isEqualTo(image);
    Image published =
        registry.write(h -> Images.publish(h, image, registry.published(h, Optional.empty())));
    assertThat(published.state()).isEqualTo(ImageState.AVAILABLE);
    assertThat(published.platform()).contains("DEBIAN_12");
    assertThat(published.disk())
        .hasValueSatisfying(d -> assertThat(d.layout()).isEqualTo(Registry.LAYOUT));
    assertThat(published.qualification())
        .hasValueSatisfying(q -> assertThat(q.failedUnits()).containsExactly("a.service"));
    assertThat(published.description()).contains(everyPlane);
    registry.close();
    registry = new Registry(directory);
    assertThat(found("golden")).isEqualTo(published);
    assertThat(registry.<Optional<Image>>read(h -> Images.findById(h, image.id())))
        .contains(published);
    assertThat(registry.<Optional<Image>>read(h -> Images.findByArn(h, image.arn())))
        .contains(published);
  }

  @Test
  void anUpdatedImageCarriesOverWhatTheServiceDocuments() {
    Image existing = registry.available(ALICE, "golden");
    Image updated = registry.updating(existing, "golden-2");
    Image read = found("golden-2");
    assertThat(read).isEqualTo(updated);
    assertThat(read.state()).isEqualTo(ImageState.PENDING);
    assertThat(read.origin().baseImageArn()).contains(existing.arn());
    assertThat(read.origin().predecessor()).contains(new Predecessor(existing.id(), "golden"));
    assertThat(read.origin().baseImageReleased()).isEqualTo(existing.origin().baseImageReleased());
    assertThat(read.terms().instanceFamilies()).isEqualTo(existing.terms().instanceFamilies());
    assertThat(read.terms().permissions()).isEqualTo(existing.terms().permissions());
    assertThat(read.disk()).isEmpty();
    assertThat(registry.<List<Image>>read(h -> Images.children(h, existing))).containsExactly(read);
    assertThat(registry.<List<Image>>read(h -> Images.children(h, read))).isEmpty();
  }

  @Test
  void aNameIsTakenInWhateverStateItsImageIsButOnlyForItsOwner() {
    registry.available(ALICE, "golden");
    assertRefused(ALREADY_EXISTS, () -> registry.available(ALICE, "golden"), "golden");
    registry.available(BOB, "golden");
    registry.available(new Owner(ALICE.accountId(), "us-east-1"), "golden");
    assertThat(registry.<Long>read(h -> Images.count(h, ALICE))).isEqualTo(1);
  }

  @Test
  void ofManyWhoWantOneNameExactlyOneGetsIt() {
    List<Boolean> won =
        together(
            16,
            () -> {
              try {
                registry.write(handle -> {
                  Images.insert(handle, Registry.importing(ALICE, "golden"));
                  return true;
                });
                return true;
              } catch (RefusedException e) {
                assertThat(e.reason()).isEqualTo(ALREADY_EXISTS);
                return false;
              }
            });
    assertThat(won).containsOnlyOnce(true);
    assertThat(registry.<Long>read(h -> Images.count(h, ALICE))).isEqualTo(1);
  }

  @Test
  void whatIsNotThereOrAnothersIsNotFound() {
    registry.available(BOB, "golden");
    assertRefused(
        NOT_FOUND, () -> registry.read(h -> Images.require(h, ALICE, "golden")), "golden");
    assertThat(registry.<Optional<Image>>read(h -> Images.findByArn(h, "golden"))).isEmpty();
  }

  @Test
  void aStateThatCanNotFollowIsABug() {
    Image image = registry.available(ALICE, "golden");
    assertThatIllegalStateException()
        .isThrownBy(() -> registry.write(h -> Images.transition(h, image, ImageState.PENDING)))
        .withMessageContaining("AVAILABLE")
        .withMessageContaining("PENDING");
  }

  @Test
  void ofTwoWhoMoveAnImageOnFromOneStateOneIsRefused() {
    Image image = registry.updating(registry.available(ALICE, "golden"), "golden-2");
    registry.write(h -> Images.transition(h, image, ImageState.VALIDATING));
    assertRefused(
        CONCURRENT_MODIFICATION,
        () -> registry.write(h -> Images.transition(h, image, ImageState.FAILED)),
        "golden-2");
    assertThat(found("golden-2").state()).isEqualTo(ImageState.VALIDATING);
  }

  @Test
  void aFailureSaysWhatToDo() {
    Image image = registry.updating(registry.available(ALICE, "golden"), "golden-2");
    var reason = new StateChangeReason(Code.IMAGE_UPDATE_FAILURE, "The disk is full. Grow it.");
    var error = new ImageError("INTERNAL_SERVICE_ERROR", "dpkg: no space", NOW);
    registry.write(h -> Images.fail(h, image, reason, List.of(error)));
    Image failed = found("golden-2");
    assertThat(failed.state()).isEqualTo(ImageState.FAILED);
    assertThat(failed.stateChangeReason()).contains(reason);
    assertThat(failed.status().errors()).containsExactly(error);
  }

  @Test
  void recoveryFindsWhatSomebodyWasWorkingOn() {
    Image done = registry.available(ALICE, "golden");
    registry.updating(done, "pending");
    registry.write(
        h -> Images.startDeleting(h, registry.available(h, BOB, "going", Optional.empty())));
    assertThat(registry.<List<Image>>read(Images::unfinished))
        .extracting(Image::name)
        .containsExactlyInAnyOrder("pending", "going");
  }

  @Test
  void textsForPeopleCanBeChanged() {
    Image image = registry.available(ALICE, "golden");
    Image described =
        registry.write(h -> Images.describe(h, image, Optional.of("Gold"), Optional.empty()));
    assertThat(described.displayName()).contains("Gold");
    assertThat(described.description()).isEmpty();
  }

  @Test
  void anImageThatIsBeingMadeSharedOrUpdatedIsNotDeleted() {
    Image golden = registry.available(ALICE, "golden");
    Image updating = registry.updating(golden, "golden-2");
    assertThat(registry.<Boolean>read(h -> Images.usesInFlight(h, golden))).isTrue();
    assertRefused(IN_USE, () -> delete(golden), "being updated");
    assertRefused(NOT_PERMITTED, () -> delete(updating), "PENDING");
    Image shared = registry.available(ALICE, "shared");
    share(shared, BOB);
    assertRefused(IN_USE, () -> delete(found("shared")), "shared");
  }

  @Test
  void anImageIsDeletedOnce() {
    Image golden = registry.available(ALICE, "golden");
    registry.write(h -> Images.startDeleting(h, golden));
    assertRefused(
        CONCURRENT_MODIFICATION,
        () -> registry.write(h -> Images.startDeleting(h, found("golden"))),
        "already being deleted");
    registry.write(h -> Images.remove(h, golden));
    assertThat(registry.<Optional<Image>>read(h -> Images.find(h, ALICE, "golden"))).isEmpty();
    assertRefused(
        CONCURRENT_MODIFICATION, () -> registry.write(h -> Images.remove(h, golden)), "golden");
  }

  @Test
  void nothingOfADeletedImageStaysForTheNextOneOfItsName() {
    Image golden = registry.available(ALICE, "golden");
    Image failed = registry.updating(golden, "golden-2");
    registry.database.useTransaction(h -> {
      TagRecords.put(h, failed.arn(), Map.of("k", "v"));
      registry.updates.failed(h, failed.id());
      var reason = new StateChangeReason(Code.IMAGE_UPDATE_FAILURE, "no");
      Images.fail(h, failed, reason, List.of());
      ImageBuilders.deleteFor(h, failed);
    });
    delete(found("golden-2"));
    assertThat(registry.<SortedMap<String, String>>read(h -> TagRecords.list(h, failed.arn())))
        .isEmpty();
    assertThat(
            registry.<Optional<UpdateRecord>>read(h -> registry.updates.find(h, ALICE, "golden-2")))
        .isEmpty();
    registry.updating(golden, "golden-2");
  }

  @Test
  void aLayerStaysUntilNothingStandsOnIt() {
    Image first = registry.available(ALICE, "first");
    String base = layer(first);
    Image second = registry.available(ALICE, "second", Optional.of(base));
    Image third = registry.available(ALICE, "third", Optional.of(layer(second)));
    assertThat(registry.<List<Layer>>read(h -> LayerRecords.chain(h, layer(third))))
        .extracting(Layer::id)
        .containsExactly(layer(third), layer(second), base);
    assertThat(delete(second)).isEmpty();
    assertThat(delete(first)).isEmpty();
    assertThat(registry.<List<Layer>>read(h -> LayerRecords.list(h))).hasSize(3);
    assertThat(delete(third))
        .extracting(Layer::id)
        .containsExactly(layer(third), layer(second), base);
    assertThat(registry.<List<Layer>>read(h -> LayerRecords.list(h))).isEmpty();
  }

  @Test
  void aLayerUnderAnotherBranchStays() {
    Image first = registry.available(ALICE, "first");
    Image left = registry.available(ALICE, "left", Optional.of(layer(first)));
    Image right = registry.available(ALICE, "right", Optional.of(layer(first)));
    delete(first);
    assertThat(delete(left)).extracting(Layer::id).containsExactly(layer(left));
    assertThat(delete(right)).extracting(Layer::id).containsExactly(layer(right), layer(first));
  }

  private List<Layer> delete(Image image) {
    return registry.write(h -> Images.remove(h, Images.startDeleting(h, image)));
  }

  private void share(Image image, Owner with) {
    registry.database.useTransaction(
        h -> ImageShares.put(h, image, with.accountId(), ImagePermissions.ALL));
  }

  private static String layer(Image image) {
    return image.disk().orElseThrow().layer();
  }

  private Image found(String name) {
    return registry.read(h -> Images.require(h, ALICE, name));
  }

  /** The results of as many threads that begin at the same moment. */
  static <T> List<T> together(int threads, Callable<T> work) {
    var barrier = new CyclicBarrier(threads);
    try (var executor = Executors.newFixedThreadPool(threads)) {
      var futures =
          IntStream.range(0, threads)
              .mapToObj(_ ->
                  executor.submit(() -> {
                    barrier.await();
                    return work.call();
                  }))
              .toList();
      return futures.stream().map(ImagesTest::result).toList();
    }
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }
}
