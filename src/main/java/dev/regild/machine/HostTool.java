package dev.regild.machine;

/**
 * A program of the host.
 *
 * @param argument that makes it tell its version
 * @param debianPackage that brings it
 */
public record HostTool(String name, String argument, String debianPackage) {
  /** Returns whether it is installed, without starting it. */
  public boolean isInstalled() {
    return SearchPath.find(name).isPresent();
  }
}
