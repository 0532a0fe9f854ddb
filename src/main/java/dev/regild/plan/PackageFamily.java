package dev.regild.plan;

import dev.regild.plan.Kernels.Kernel;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a plan knows of a package system.
 *
 * @param anyArchitecture what it calls the architecture of a package that is for every machine
 * @param order of its versions, as its package manager has it
 * @param kernel the kernel that an installed package holds; empty for every other package
 */
public record PackageFamily(
    String anyArchitecture,
    Comparator<String> order,
    Function<InstalledPackage, Optional<Kernel>> kernel) {}
