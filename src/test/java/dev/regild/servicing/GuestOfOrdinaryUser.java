package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Files;
import java.nio.file.Path;

/** What a server does with a guest, in a process of its own, to be run as an ordinary user. */
final class GuestOfOrdinaryUser {
  private GuestOfOrdinaryUser() {}

  /**
   * Says who it is, and what its guest answers.
   *
   * @param arguments an overlay, and a directory of the user's
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[1]);
    System.out.println("host " + Files.getOwner(Path.of("/proc/self/stat")).getName());
    Path handed = Files.createDirectory(directory.resolve("handed"));
    Files.writeString(handed.resolve("a.deb"), "a package");
    Path overlay = Path.of(arguments[0]);
    try (Guest guest = SmallGuest.open(overlay, SmallGuest.layout(), directory.resolve("guest"))) {
      guest.upload(handed, "packages");
      guest.write("/etc/written", "by the host".getBytes(UTF_8), 0600);
      System.out.print("guest " + guest.run("id", "-u"));
      System.out.print(guest.run("cat", "/run/regild/packages/a.deb"));
      guest.trim();
    }
    try (Guest guest = SmallGuest.open(overlay, SmallGuest.layout(), directory.resolve("guest"))) {
      System.out.println(new String(guest.read("/etc/written"), UTF_8));
    }
  }
}
