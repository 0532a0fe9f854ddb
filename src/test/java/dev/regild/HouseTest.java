package dev.regild;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Holds the arrows between the rooms of the house, as docs/architecture.md draws them. */
class HouseTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.regild");

  @Test
  void aRoomUsesOnlyTheRoomsBelowIt() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .withOptionalLayers(true)
        .layer("entry")
        .definedBy("dev.regild.cli..", "dev.regild.server..")
        .layer("protocol")
        .definedBy("dev.regild.api..", "dev.regild.console..")
        .layer("job")
        .definedBy("dev.regild.update..", "dev.regild.job..", "dev.regild.policy..")
        .layer("systems")
        .definedBy("dev.regild.apt..", "dev.regild.rpm..", "dev.regild.windows..")
        .layer("core")
        .definedBy(
            "dev.regild.channel..",
            "dev.regild.servicing..",
            "dev.regild.inventory..",
            "dev.regild.insight..",
            "dev.regild.feed..",
            "dev.regild.image..",
            "dev.regild.event..",
            "dev.regild.account..")
        .layer("parts")
        .definedBy(
            "dev.regild.fetch..",
            "dev.regild.archive..",
            "dev.regild.store..",
            "dev.regild.disk..",
            "dev.regild.plan..")
        .layer("ground")
        .definedBy("dev.regild.machine..", "dev.regild.db..", "dev.regild.files..")
        .whereLayer("entry")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("protocol")
        .mayOnlyBeAccessedByLayers("entry")
        .whereLayer("job")
        .mayOnlyBeAccessedByLayers("entry", "protocol")
        .whereLayer("systems")
        .mayOnlyBeAccessedByLayers("entry", "protocol", "job")
        .whereLayer("core")
        .mayOnlyBeAccessedByLayers("entry", "protocol", "job", "systems")
        .whereLayer("parts")
        .mayOnlyBeAccessedByLayers("entry", "protocol", "job", "systems", "core")
        .check(CLASSES);
  }

  @Test
  void roomsHaveNoCycles() {
    slices().matching("dev.regild.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  /** Also those within a room. */
  @Test
  void subPackagesHaveNoCycles() {
    slices().matching("dev.regild.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void packageSystemsDoNotKnowEachOther() {
    slices()
        .matching("dev.regild.(apt|rpm|windows)..")
        .should()
        .notDependOnEachOther()
        .check(CLASSES);
  }

  /** More than that, and nobody finds anything in it. */
  @Test
  void aRoomHasAtMostFiftyFiles() {
    Map<String, Long> files =
        CLASSES.stream()
            .filter(each -> each.isTopLevelClass() && !each.getSimpleName().equals("package-info"))
            .collect(groupingBy(JavaClass::getPackageName, counting()));
    assertThat(files.entrySet())
        .allSatisfy(room -> assertThat(room.getValue()).as(room.getKey()).isLessThanOrEqualTo(50));
  }

  /** It is in a jar of its own, which only the demo and the tests have. */
  @Test
  void theServerDoesWithoutTheDemo() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideOutsideOfPackage("dev.regild.demo..")
        .and()
        .haveNameNotMatching("dev\\.regild\\.cli\\.(DemoCommand|ClusterDemo).*")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.regild.demo..")
                .or(simpleName("DemoCommand"))
                .or(simpleName("ClusterDemo")))
        .check(CLASSES);
  }

  @Test
  void planIsPure() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAPackage("dev.regild.plan..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.io..", "java.nio.file..", "java.net..", "java.sql..")
        .check(CLASSES);
  }

  @Test
  void externalProgramsAreStartedInOnePlace() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideOutsideOfPackage("dev.regild.machine..")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ProcessBuilder.class)
        .check(CLASSES);
  }

  /** Nodes share a registry, and the clock of one may be wrong: they go by the database's. */
  @Test
  void theRegistryDoesNotGoByTheClockOfANode() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAnyPackage(
            "dev.regild.account..",
            "dev.regild.api..",
            "dev.regild.event..",
            "dev.regild.image..",
            "dev.regild.job..",
            "dev.regild.policy..",
            "dev.regild.server.rest..",
            "dev.regild.update..")
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .check(CLASSES);
  }
}
