package dev.regild.server.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where backups are kept: contents by their SHA-256, each once, and a manifest for each backup. All
 * backups of a target are of one registry.
 */
public sealed interface BackupTarget extends AutoCloseable permits DirectoryTarget, ObjectTarget {
  /** Names it in messages. */
  String name();

  /** Returns the registry whose backups it has; empty for a new target. */
  Optional<String> registry() throws IOException, InterruptedException;

  /**
   * Makes it the target of a registry.
   *
   * @throws BackupException if it is a place for something else
   */
  void claim(String registry) throws IOException, InterruptedException;

  /** Removes what an interrupted backup left unfinished. */
  void removeUnfinished() throws IOException;

  /**
   * Returns the contents that are there, whole by their size. A content that was truncated is not
   * among them, and is written again.
   *
   * @param wanted the contents that somebody asks about
   */
  Set<Content> present(Set<Content> wanted) throws IOException, InterruptedException;

  /**
   * Keeps a file's content, whole or not at all.
   *
   * @param mayChange whether others may write to the file meanwhile
   * @return what was read
   * @throws BackupException if there is no space
   */
  Content put(Path file, boolean mayChange) throws IOException, InterruptedException;

  /**
   * Reads a content into a file, and verifies it.
   *
   * @param to does not exist yet; removed if this fails
   * @throws BackupException if the content is missing or damaged
   */
  void read(Content content, Path to) throws IOException, InterruptedException;

  /**
   * Reads a content only to verify it.
   *
   * @return what is wrong with it; empty if it is sound
   */
  Optional<String> problem(Content content) throws IOException, InterruptedException;

  /** Returns the ids of the backups, the oldest first. */
  List<String> backups() throws IOException, InterruptedException;

  /**
   * Returns a backup's manifest.
   *
   * @throws BackupException if there is none, or it is damaged
   */
  Manifest manifest(String id) throws IOException, InterruptedException;

  /** Makes a backup exist. */
  void add(Manifest manifest) throws IOException, InterruptedException;

  /** Removes a backup; its contents stay. */
  void remove(String id) throws IOException, InterruptedException;

  /**
   * Removes contents.
   *
   * @param needed those that stay
   * @return how many bytes were removed
   */
  long removeExcept(Set<Content> needed) throws IOException, InterruptedException;

  @Override
  void close();
}
