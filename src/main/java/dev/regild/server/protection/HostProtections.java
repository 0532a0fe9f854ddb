package dev.regild.server.protection;

import dev.regild.server.config.Config;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All protections, in the order in which an operator reads them. */
public final class HostProtections {
  private HostProtections() {}

  /**
   * Tries each of them; takes some seconds.
   *
   * @param data the data directory, whether it is there or not
   * @param config of the server that runs on it
   */
  public static List<Finding> look(Path data, Config config) throws InterruptedException {
    List<Protection> all = new ArrayList<>();
    all.add(new ServerUser(data));
    all.add(new RootHelper());
    all.add(new UdevRule());
    all.add(new Sandboxing());
    all.add(new UserNamespaces());
    all.add(new SystemCallFilter());
    all.add(new QemuSandbox());
    all.add(new Landlock());
    all.add(new IdMappedMounts(data));
    all.add(new ControlGroups());
    all.add(new KvmDevice());
    all.add(new ApplianceBackend());
    all.add(new NewFiles());
    all.add(new DataModes(data));
    all.add(new DataMount(data));
    all.add(new KernelSetting("unprivileged bpf", "kernel.unprivileged_bpf_disabled", 1));
    all.add(new KernelSetting("ptrace", "kernel.yama.ptrace_scope", 1));
    all.add(new KernelSetting("links in shared directories", "fs.protected_symlinks", 1));
    all.add(new KernelSetting("hard links", "fs.protected_hardlinks", 1));
    all.add(new HostClock());
    all.add(new Listening(config));
    List<Finding> findings = new ArrayList<>();
    for (Protection each : all) {
      findings.add(each.look());
    }
    return findings;
  }
}
