package dev.regild.plan;

/** Says what kind a change of a package is. */
@FunctionalInterface
public interface ChangeKinds {
  /** Returns the kind of a change of the package of that name. */
  ChangeKind kindOf(String packageName);
}
