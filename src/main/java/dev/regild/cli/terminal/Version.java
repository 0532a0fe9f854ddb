package dev.regild.cli.terminal;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version of this program, which the manifest of its jar names. */
public final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "regild "
          + Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
              .orElse("of this source tree")
    };
  }
}
