package dev.regild.servicing;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * An opened disk in which the guest's own programs can be run, with no network and none of its
 * services started. All paths are the guest's. One thread uses it at a time; {@link #abort} may
 * come from any other.
 */
public interface Guest extends AutoCloseable {
  /**
   * A directory of ours, empty at first, which is not on the disk and is gone with {@link #close}.
   */
  String WORKSPACE = "/run/regild";

  /**
   * Runs one program of the guest to its end.
   *
   * @param command the program and its arguments; no shell is involved
   * @return what it wrote to its standard output
   * @throws GuestException if it ended with another status than 0, or the time was up; the message
   *     holds the end of what it wrote
   */
  String run(List<String> command, Duration timeLimit) throws GuestException;

  /** The file's content; refused above 256 MiB. */
  byte[] read(String path) throws GuestException;

  void write(String path, byte[] content, int mode) throws GuestException;

  /** Whether there is anything at that path, a dangling symbolic link included. */
  boolean exists(String path) throws GuestException;

  /** Copies the regular files of a host's directory, not deeper, into a directory that it makes. */
  void upload(Path hostDirectory, String directory) throws GuestException;

  /** Gives the free blocks of every mounted filesystem back to the layer. */
  void trim() throws GuestException;

  /** Ends at once whatever runs in the guest; the call under way fails with GuestException. */
  void abort();

  /** Unmounts cleanly; the disk then holds all that was written. */
  @Override
  void close() throws GuestException;
}
