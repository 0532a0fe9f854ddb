package dev.regild.update.steps;

import dev.regild.inventory.Inventory;
import dev.regild.job.StepException;
import dev.regild.plan.Kernels;
import dev.regild.plan.Kernels.Kernel;
import dev.regild.plan.PackageFamily;
import dev.regild.servicing.QualificationReport;
import java.io.IOException;
import java.util.Optional;

/**
 * Compares the kernel that an image boots with the newest one that is installed in it. An update
 * that installs a kernel promises that it boots.
 */
record BootedKernel(PackageFamily system) {
  private static final String REMEDY =
      "Make the image's boot loader choose its newest kernel (GRUB_DEFAULT=0, update-grub, or"
          + " kernel-install add), and import it again.";

  /** Says which kernel the existing image boots; it may have to be booted for that. */
  interface Before {
    String release() throws IOException, StepException, InterruptedException;
  }

  /** What is to be said of an image that nothing is promised of. */
  Optional<String> warning(QualificationReport report, Inventory inventory) {
    return expected(report, inventory).map(newest -> warning(report, newest));
  }

  /**
   * What is to be said of an updated image.
   *
   * @throws StepException if the update installed a kernel that does not boot although the existing
   *     image booted its newest one
   */
  Optional<String> check(
      QualificationReport report, Inventory inventory, Inventory existing, Before before)
      throws IOException, StepException, InterruptedException {
    Optional<Kernel> expected = expected(report, inventory);
    if (expected.isEmpty()) {
      return Optional.empty();
    }
    Kernel newest = expected.get();
    Kernels earlier = Kernels.of(existing.packages(), system);
    boolean isNew = earlier.ofRelease(newest.release()).isEmpty();
    boolean ofPackage =
        Kernels.of(inventory.packages(), system).ofRelease(report.kernel()).isPresent();
    if (isNew && ofPackage && earlier.newest(newest.flavour()).isPresent()) {
      String bootedBefore = before.release();
      if (earlier.newest(newest.flavour()).get().release().equals(bootedBefore)) {
        throw new StepException(
            "The new image boots the kernel %s and not %s, which the update installed: %s."
                .formatted(report.kernel(), newest.release(), reason(report, newest)),
            REMEDY);
      }
    }
    return Optional.of(warning(report, newest));
  }

  /** The newest kernel, if the image boots another. */
  private Optional<Kernel> expected(QualificationReport report, Inventory inventory) {
    Kernels kernels = Kernels.of(inventory.packages(), system);
    return kernels
        .ofRelease(report.kernel())
        .map(booted -> kernels.newest(booted.flavour()))
        .orElseGet(kernels::newest)
        .filter(newest -> !newest.release().equals(report.kernel()));
  }

  private static String warning(QualificationReport report, Kernel newest) {
    return "The image boots the kernel %s, although %s is installed: %s."
        .formatted(report.kernel(), newest.release(), reason(report, newest));
  }

  private static String reason(QualificationReport report, Kernel newest) {
    String byDefault = report.bootDefault();
    if (!report.bootEntries().isEmpty() && !report.bootEntries().contains(newest.release())) {
      return "the boot loader has no entry for it";
    }
    return byDefault.isEmpty() || byDefault.equals("0")
        ? "the boot loader chooses another entry"
        : "GRUB_DEFAULT=" + byDefault + " chooses another entry";
  }
}
