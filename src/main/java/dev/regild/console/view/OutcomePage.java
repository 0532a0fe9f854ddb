package dev.regild.console.view;

import dev.regild.insight.PackageDifference;
import dev.regild.plan.Change;
import java.util.List;

/**
 * What an update changed, compared with its plan.
 *
 * @param equal whether exactly the plan was done
 * @param changed every package that differs, at most as many as a page has
 * @param differences how many packages differ
 * @param unplanned those that the plan does not name
 * @param missing what the plan names and was not done
 */
public record OutcomePage(
    String name,
    String path,
    boolean equal,
    List<PackageDifference> changed,
    int differences,
    List<PackageDifference> unplanned,
    List<Change> missing) {}
