package dev.regild.plan;

/**
 * One installed package of an inventory.
 *
 * @param name the package's name, without its architecture
 * @param architecture the package manager's own word for it: {@code amd64}, {@code all}
 * @param version the full version, epoch and revision included
 * @param held whether the image's owner told the package manager to leave it alone
 */
public record InstalledPackage(String name, String architecture, String version, boolean held) {}
