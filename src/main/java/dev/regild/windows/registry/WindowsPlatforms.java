package dev.regild.windows.registry;

import static java.util.stream.Collectors.joining;

import dev.regild.plan.PlatformType;
import java.util.List;
import java.util.Optional;

/** The platforms of Windows; a Windows Server is known by its build. */
public final class WindowsPlatforms {
  private static final String CLIENT_ID = "windows-client";
  private static final String SERVER_ID = "windows-server";
  private static final int FIRST_WINDOWS_10 = 10240;

  public static final PlatformType CLIENT =
      new PlatformType("WINDOWS", "Windows 10 and 11", CLIENT_ID, "");
  static final PlatformType SERVER_2016 = server("2016", "14393");
  static final PlatformType SERVER_2019 = server("2019", "17763");
  static final PlatformType SERVER_2022 = server("2022", "20348");
  public static final PlatformType SERVER_2025 = server("2025", "26100");

  public static final List<PlatformType> ALL =
      List.of(CLIENT, SERVER_2016, SERVER_2019, SERVER_2022, SERVER_2025);

  private WindowsPlatforms() {}

  private static PlatformType server(String year, String build) {
    return new PlatformType("WINDOWS_SERVER_" + year, "Windows Server " + year, SERVER_ID, build);
  }

  /**
   * Returns the platform of a Windows.
   *
   * @param build without its revision: {@code 20348}
   * @return empty if it is not supported
   */
  public static Optional<PlatformType> of(boolean server, int build) {
    String id = server ? SERVER_ID : CLIENT_ID;
    return ALL.stream()
        .filter(_ -> build >= FIRST_WINDOWS_10)
        .filter(type -> type.nameOf(id, Integer.toString(build)).isPresent())
        .findFirst();
  }

  /** Returns the builds of Windows Server that are supported, for messages. */
  public static String serverBuilds() {
    return ALL.stream()
        .filter(type -> type.id().equals(SERVER_ID))
        .map(PlatformType::release)
        .collect(joining(", "));
  }
}
