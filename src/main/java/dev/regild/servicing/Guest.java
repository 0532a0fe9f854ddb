package dev.regild.servicing;

import dev.regild.inventory.GuestFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An opened disk in which the guest's own programs can be run, with no network and none of its
 * services started. All paths are the guest's. One thread uses it at a time; {@link #abort} may
 * come from any other.
 */
public interface Guest extends GuestFiles, AutoCloseable {
  /** A directory of ours that is not on the disk; empty at first, gone with {@link #close}. */
  String WORKSPACE = "/run/regild";

  /**
   * Runs one program of the guest to its end, as root, with a minimal environment.
   *
   * @param command the program and its arguments; no shell is involved
   * @param onLine is given each line of its standard output; as it comes where the isolation can,
   *     else all at the end
   * @return what it wrote to its standard output
   * @throws GuestException if it ended with another status than 0, or the time was up; the message
   *     holds the end of what it wrote
   */
  String run(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException;

  /**
   * {@link #run(List, Duration, Consumer)} for a program that installs packages. Where the
   * isolation keeps them from others, it can read the block devices that the guest's file systems
   * lie on, as configuring a boot loader takes, and give files capabilities.
   */
  String install(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException;

  /** {@link #run(List, Duration, Consumer)} for a program that is done in a moment. */
  @Override
  default String run(String... command) throws GuestException {
    return run(List.of(command), Duration.ofMinutes(5), line -> {});
  }

  @Override
  byte[] read(String path) throws GuestException;

  /** Writes a file whole; its directory exists. */
  void write(String path, byte[] content, int mode) throws GuestException;

  /**
   * Gives the guest a file that it needs only while it is serviced, such as a script of ours.
   *
   * @param name distinct among all that are given so
   * @return where the guest finds it, and can read it
   */
  default String hand(String name, byte[] content) throws GuestException {
    String path = WORKSPACE + "/" + name;
    write(path, content, 0755);
    return path;
  }

  @Override
  boolean exists(String path) throws GuestException;

  /**
   * Hands over the regular files of a host's directory, without subdirectories. The guest can add
   * files to the directory that it gets; the files handed over may be links to read-only ones.
   *
   * @param name of the directory to make below {@link #WORKSPACE}
   */
  void upload(Path hostDirectory, String name) throws GuestException;

  /**
   * A directory of the host that the guest can read.
   *
   * @param onHost where files for the guest are renamed to, readable by all
   * @param inGuest where the guest sees them
   */
  record Shared(Path onHost, String inGuest) {}

  /**
   * Makes a directory whose files the guest sees as they come; empty if the isolation has none.
   *
   * @param name distinct from those of {@link #upload} and {@link #hand}
   */
  default Optional<Shared> share(String name) throws GuestException {
    return Optional.empty();
  }

  /**
   * Returns whether programs take many times longer in the guest than on the host, so that the host
   * should unpack what it hands over.
   */
  default boolean isEmulated() {
    return false;
  }

  /** Gives the free blocks of every mounted filesystem back to the layer. */
  void trim() throws GuestException;

  /**
   * Ends at once whatever runs in the guest, and closes it; the call under way fails with
   * GuestException. What was not yet written to its disk may be lost.
   */
  void abort();

  /** Unmounts cleanly; the disk then holds all that was written. */
  @Override
  void close() throws GuestException;
}
