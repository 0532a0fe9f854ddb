package dev.regild.channel;

import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;

/** Real packages and indexes, made by rpmbuild and createrepo_c. */
final class RpmPackages {
  private RpmPackages() {}

  /** Builds an empty package into {@code RPMS/noarch} of the directory. */
  static void build(Path directory, String name, String epoch, String version, String release)
      throws Exception {
    Path spec =
        Files.writeString(
            directory.resolve(name + ".spec"),
            """
            Name: %s
            Epoch: %s
            Version: %s
            Release: %s
            Summary: A test
            License: MIT
            BuildArch: noarch
            %%description
            A test.
            %%files
            """
                .formatted(name, epoch, version, release));
    Program.of("rpmbuild", "-bb", "--quiet", "--define", "_topdir " + directory, spec.toString())
        .run();
  }

  /**
   * Indexes a repository.
   *
   * @param revision seconds of the Unix time at which it says it was made
   */
  static void index(Path repository, int revision) throws Exception {
    Program.of(
            "createrepo_c",
            "--quiet",
            "--no-database",
            "--set-timestamp-to-revision",
            "--revision",
            String.valueOf(revision),
            repository.toString())
        .run();
  }

  /** Adds an advisory that the package alpha of that version brings. */
  static void addUpdateinfo(Path repository, String epoch, String version, String release)
      throws Exception {
    Path updateinfo =
        Files.writeString(
            repository.resolveSibling("updateinfo.xml"),
            """
            <updates><update from="security@example.org" status="final" type="security" version="1">
              <id>RLSA-2026:0001</id><title>alpha update</title><severity>Important</severity>
              <references>
                <reference href="https://cve.example/1" id="CVE-2026-0001" type="cve"/>
                <reference href="https://bugs.example/9" id="9" type="bugzilla"/>
              </references>
              <pkglist><collection short="base"><name>base</name>
                <package name="alpha" version="%s" release="%s" epoch="%s" arch="noarch">
                  <filename>alpha-1.0-1.noarch.rpm</filename></package>
              </collection></pkglist>
            </update></updates>
            """
                .formatted(version, release, epoch));
    Program.of(
            "modifyrepo_c",
            "--compress-type=xz",
            updateinfo.toString(),
            repository.resolve("repodata").toString())
        .run();
  }
}
