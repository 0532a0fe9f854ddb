package dev.regild.disk;

import dev.regild.files.FileTree;
import dev.regild.files.Listing;
import dev.regild.files.PrivateDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The directories that jobs of this machine keep their unfinished files in: {@code work/<job>/} of
 * the data directory. Their content may be lost at any time between jobs.
 */
public final class Workspaces {
  private final Path work;

  /** Makes the directory if it is not there. */
  public Workspaces(Path data) throws IOException {
    // A guest's files may have set-user-id bits.
    this.work = PrivateDirectory.within(data.toAbsolutePath(), "work").path();
  }

  /** A job's directory, empty, in place of what an attempt before may have left. */
  public Path open(String job) throws IOException {
    remove(job);
    return PrivateDirectory.take(work.resolve(FileName.checked(job))).path();
  }

  /** Removes a job's directory with all that is in it. Does nothing if it does not exist. */
  public void remove(String job) throws IOException {
    FileTree.remove(work.resolve(FileName.checked(job)));
  }

  /** The jobs that have a directory. */
  public List<String> list() throws IOException {
    return Listing.names(work);
  }
}
