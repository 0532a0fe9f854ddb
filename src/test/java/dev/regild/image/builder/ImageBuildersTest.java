package dev.regild.image.builder;

import static dev.regild.image.RefusedException.Reason.ALREADY_EXISTS;
import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.Registry.ALICE;
import static dev.regild.image.Registry.BOB;
import static dev.regild.image.Registry.NOW;
import static dev.regild.image.Registry.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Registry;
import dev.regild.image.TagRecords;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class ImageBuildersTest {
  @TempDir Path directory;
  @AutoClose private Registry registry;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
  }

  @Test
  void aBuilderIsNamedAfterItsImageWithTenDigitsAndFitsTheApi() {
    for (int length : new int[] {1, 50, 90, 91, 101}) {
      String image = "g".repeat(length);
      String name = ImageBuilder.nameFor(image, new Random(length));
      assertThat(name)
          .matches("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}")
          .matches("g+\\.\\d{10}")
          .startsWith(image.substring(0, Math.min(length, 90)));
    }
  }

  @Test
  void aBuilderIsOfTheSmallestTypeOfItsFamily() {
    assertThat(InstanceFamily.smallestType(List.of())).isEqualTo("stream.standard.small");
    assertThat(InstanceFamily.smallestType(List.of("unheard of", "Memory Optimized")))
        .isEqualTo("stream.memory.large");
    assertThat(InstanceFamily.smallestType(List.of("GRAPHICS_G4")))
        .isEqualTo("stream.graphics.g4dn.xlarge");
  }

  @Test
  void aBuilderLivesAsLongAsItsUpdate() {
    Image existing = registry.available(ALICE, "golden");
    Image image = registry.updating(existing, "golden-2");
    ImageBuilder builder = registry.read(h -> ImageBuilders.findFor(h, image)).orElseThrow();
    assertThat(builder.state()).isEqualTo(ImageBuilderState.UPDATING);
    assertThat(builder.imageArn()).isEqualTo(existing.arn());
    assertThat(builder.instanceType()).isEqualTo("stream.standard.small");
    assertThat(builder.platform()).isEqualTo("DEBIAN_12");
    assertThat(
            registry.<Optional<ImageBuilder>>read(
                h -> ImageBuilders.find(h, ALICE, builder.name())))
        .contains(builder);
    ImageBuilder qualifying =
        registry.write(
            h -> ImageBuilders.transition(h, builder, ImageBuilderState.PENDING_QUALIFICATION));
    assertThat(qualifying.state()).isEqualTo(ImageBuilderState.PENDING_QUALIFICATION);
    assertRefused(
        CONCURRENT_MODIFICATION,
        () ->
            registry.write(
                h -> ImageBuilders.transition(h, builder, ImageBuilderState.PENDING_QUALIFICATION)),
        builder.name());
    registry.database.useTransaction(h -> {
      TagRecords.put(h, builder.arn(), Map.of("k", "v"));
      ImageBuilders.deleteFor(h, image);
      ImageBuilders.deleteFor(h, image);
    });
    assertThat(registry.<Long>read(h -> ImageBuilders.count(h, ALICE))).isZero();
    assertThat(registry.<SortedMap<String, String>>read(h -> TagRecords.list(h, builder.arn())))
        .isEmpty();
  }

  @Test
  void anImageAndItsBuilderAreWrittenTogetherOrNotAtAll() {
    Image existing = registry.available(ALICE, "golden");
    registry.updating(existing, "golden-2");
    assertRefused(
        ALREADY_EXISTS,
        () ->
            registry.database.useTransaction(handle -> {
              Image image = existing.updated("other", Optional.empty(), Optional.empty(), "s", NOW);
              Images.insert(handle, image);
              // The same stem and the same random number as the builder that is there.
              Image twin =
                  existing.updated("golden-2", Optional.empty(), Optional.empty(), "s", NOW);
              ImageBuilders.insert(
                  handle, ImageBuilder.updating(existing, twin, new Random(1), NOW));
            }),
        "golden-2.");
    assertThat(registry.<Optional<Image>>read(h -> Images.find(h, ALICE, "other"))).isEmpty();
  }

  @Test
  void pagesAreReadByName() {
    Image existing = registry.available(ALICE, "golden");
    for (String name : List.of("a", "b", "c")) {
      registry.updating(existing, name);
    }
    registry.updating(registry.available(BOB, "golden"), "b");
    List<ImageBuilder> first = page(List.of(), Optional.empty());
    assertThat(first).extracting(b -> b.name().substring(0, 1)).containsExactly("a", "b");
    List<ImageBuilder> second = page(List.of(), Optional.of(first.getLast().name()));
    assertThat(second).extracting(b -> b.name().substring(0, 1)).containsExactly("c");
    assertThat(page(List.of(second.getFirst().name(), "x"), Optional.empty())).isEqualTo(second);
  }

  private List<ImageBuilder> page(List<String> names, Optional<String> after) {
    return registry.read(h -> ImageBuilders.page(h, ALICE, names, after, 2));
  }
}
