package dev.regild.console.view;

import dev.regild.plan.InstalledPackage;
import java.util.List;

/**
 * What is installed in an image.
 *
 * @param os its operating system
 * @param search a part of the packages' names
 * @param found those that fit, at most as many as a page has
 * @param fitting how many fit
 * @param all how many packages there are
 */
public record PackagesPage(
    String name,
    String path,
    String os,
    String search,
    List<InstalledPackage> found,
    long fitting,
    int all,
    String next,
    String previous) {}
