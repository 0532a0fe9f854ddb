package dev.regild.insight;

import dev.regild.plan.PackageVersion;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Finds stored changelogs by package, and the sources whose changelogs name a CVE. Each call takes
 * the caller's handle.
 */
public final class ChangelogIndex {
  private ChangelogIndex() {}

  /** Adds a stored changelog, unless the index has it. */
  static void add(Handle handle, String hash, Changelog changelog) {
    int added =
        handle
            .createUpdate(
                """
                INSERT INTO changelog_package (hash, name, version, source, source_version)
                VALUES (:hash, :name, :version, :source, :sourceVersion)
                ON CONFLICT (hash) DO NOTHING
                """)
            .bind("hash", hash)
            .bind("name", changelog.name())
            .bind("version", changelog.version())
            .bind("source", source(changelog))
            .bind("sourceVersion", changelog.sourceVersion())
            .execute();
    if (added > 0 && !changelog.entries().isEmpty()) {
      addCves(handle, source(changelog), changelog);
    }
  }

  /** Writes only those that the index lacks: each package of a kernel names the same thousands. */
  private static void addCves(Handle handle, String source, Changelog changelog) {
    Set<String> cves =
        changelog.entries().stream()
            .flatMap(entry -> entry.cves().stream())
            .map(NamedCve::cve)
            .collect(Collectors.toCollection(TreeSet::new));
    cves.removeAll(
        handle
            .createQuery("SELECT cve FROM cve_source WHERE source = :source")
            .bind("source", source)
            .mapTo(String.class)
            .set());
    if (cves.isEmpty()) {
      return;
    }
    PreparedBatch rows =
        handle.prepareBatch("INSERT INTO cve_source (cve, source) VALUES (:cve, :source)");
    cves.forEach(cve -> rows.bind("cve", cve).bind("source", source).add());
    rows.execute();
  }

  private static String source(Changelog changelog) {
    return changelog.source().isEmpty() ? changelog.name() : changelog.source();
  }

  /** Returns the sources whose changelogs name a CVE, fixed or not. */
  public static List<String> sourcesNaming(Handle handle, String cve) {
    return handle
        .createQuery("SELECT source FROM cve_source WHERE cve = :cve ORDER BY source")
        .bind("cve", cve)
        .mapTo(String.class)
        .list();
  }

  /** Returns the files with changelogs of packages of these names. */
  static Map<PackageVersion, String> filesOf(Handle handle, Collection<String> names) {
    Map<PackageVersion, String> files = new HashMap<>();
    if (!names.isEmpty()) {
      handle
          .createQuery(
              """
              SELECT name, version, hash FROM changelog_package
               WHERE name IN (<names>) ORDER BY hash
              """)
          .bindList("names", List.copyOf(names))
          .map((row, _) ->
              Map.entry(
                  new PackageVersion(row.getString("name"), row.getString("version")),
                  row.getString("hash")))
          .forEach(each -> files.put(each.getKey(), each.getValue()));
    }
    return files;
  }

  static List<String> missing(Handle handle, int most) {
    return handle
        .createQuery(
            """
            SELECT hash FROM changelog
             WHERE NOT EXISTS (SELECT 1 FROM changelog_package
                                WHERE changelog_package.hash = changelog.hash)
             ORDER BY hash LIMIT :most
            """)
        .bind("most", most)
        .mapTo(String.class)
        .list();
  }
}
