package dev.regild.files;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.attribute.UserPrincipal;

/** The user that the process runs as: its effective one. */
public final class CurrentUser {
  private CurrentUser() {}

  public static int uid() {
    return ProcessStatus.read().uid();
  }

  public static boolean isRoot() {
    return uid() == 0;
  }

  /** For messages: the user's name, or its number where it has none. */
  public static String name() {
    String name = System.getProperty("user.name", "?");
    return name.equals("?") ? "uid " + uid() : name;
  }

  /** Equal to the owner of a file of ours; the name in it is the number. */
  static UserPrincipal principal() throws IOException {
    return principal(uid());
  }

  static UserPrincipal principal(int uid) throws IOException {
    return FileSystems.getDefault()
        .getUserPrincipalLookupService()
        .lookupPrincipalByName(Integer.toString(uid));
  }
}
