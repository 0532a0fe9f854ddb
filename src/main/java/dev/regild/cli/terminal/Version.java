package dev.regild.cli.terminal;

import dev.regild.machine.Build;
import picocli.CommandLine.IVersionProvider;

/** The version of this program, and the commit that it was built from. */
public final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"regild " + Build.own().text()};
  }
}
