package dev.regild.console.view;

import java.util.Optional;

/**
 * What every page has around its content.
 *
 * @param title the page's own title
 * @param section the part of the console that the page belongs to
 * @param who is logged in
 * @param csrf proves that a form was sent from one of these pages
 * @param theme {@code light}, {@code dark}, or {@code auto} for the browser's preference
 * @param path the page's own path with its query
 * @param assets where style and scripts are
 * @param notice what the request before this one did; empty for none
 */
public record Frame(
    String title,
    Section section,
    Optional<Who> who,
    String csrf,
    String theme,
    String path,
    AssetPaths assets,
    String notice) {

  /** The parts of the console, in the order of the navigation. */
  public enum Section {
    IMAGES("Images", "/console/"),
    IMPORT("Import", "/console/import"),
    COMPARE("Compare", "/console/compare"),
    CHANNELS("Channels", "/console/channels"),
    POLICIES("Policies", "/console/policies"),
    JOBS("Jobs", "/console/jobs"),
    ACTIVITY("Activity", "/console/activity"),
    SETTINGS("Settings", "/console/settings"),
    NONE("", "");

    private final String label;
    private final String href;

    Section(String label, String href) {
      this.label = label;
      this.href = href;
    }

    public String label() {
      return label;
    }

    public String href() {
      return href;
    }
  }

  /**
   * Who is logged in.
   *
   * @param person the name of the person whom a provider vouches for; empty for an access key
   * @param account its name, or its id where it has none
   * @param canLogOut whether there is a session to end
   */
  public record Who(
      String person,
      String account,
      String accountId,
      String keyId,
      String region,
      boolean readOnly,
      boolean canLogOut) {}

  /** Where style and scripts are; each path names its content. */
  public record AssetPaths(String style, String script, String icon) {}

  /** Whether whoever looks at the page may change something. */
  public boolean mayChange() {
    return who.isPresent() && !who.get().readOnly();
  }
}
