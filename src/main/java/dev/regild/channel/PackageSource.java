package dev.regild.channel;

import dev.regild.plan.PackageSystem;

/** Where packages come from, in the terms of their package manager. */
public sealed interface PackageSource permits AptSource, CatalogueSource, RpmSource {
  /** The package system of what it offers. */
  PackageSystem system();

  /** The main architecture of the machines that it is for, in the package manager's words. */
  String architecture();

  /** How the servers that it names are reached. */
  Route route();
}
