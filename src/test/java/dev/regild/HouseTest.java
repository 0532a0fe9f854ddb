package dev.regild;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
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
        .definedBy("dev.regild.cli..", "dev.regild.server..", "dev.regild.demo..")
        .layer("protocol")
        .definedBy("dev.regild.api..", "dev.regild.console..")
        .layer("job")
        .definedBy("dev.regild.update..")
        .layer("core")
        .definedBy(
            "dev.regild.channel..",
            "dev.regild.servicing..",
            "dev.regild.inventory..",
            "dev.regild.image..",
            "dev.regild.account..",
            "dev.regild.apt..",
            "dev.regild.rpm..",
            "dev.regild.windows..")
        .layer("parts")
        .definedBy(
            "dev.regild.fetch..", "dev.regild.archive..", "dev.regild.disk..", "dev.regild.plan..")
        .layer("ground")
        .definedBy("dev.regild.machine..", "dev.regild.db..", "dev.regild.files..")
        .whereLayer("entry")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("protocol")
        .mayOnlyBeAccessedByLayers("entry")
        .whereLayer("job")
        .mayOnlyBeAccessedByLayers("entry", "protocol")
        .whereLayer("core")
        .mayOnlyBeAccessedByLayers("entry", "protocol", "job")
        .whereLayer("parts")
        .mayOnlyBeAccessedByLayers("entry", "protocol", "job", "core")
        .check(CLASSES);
  }

  @Test
  void roomsHaveNoCycles() {
    slices()
        .matching("dev.regild.(*)..")
        .should()
        .beFreeOfCycles()
        // The core still names its three package systems in switches.
        .ignoreDependency(
            resideInAnyPackage(
                "dev.regild.channel..", "dev.regild.inventory..", "dev.regild.servicing.."),
            resideInAnyPackage("dev.regild.apt..", "dev.regild.rpm..", "dev.regild.windows.."))
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
}
