package dev.regild.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells by one stat whether a file that is only ever replaced is still the same. */
public record FileStamp(@Nullable Object inode, FileTime modified, long size) {
  /** Empty if there is no such file. */
  public static Optional<FileStamp> of(Path file) throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(
          new FileStamp(attributes.fileKey(), attributes.lastModifiedTime(), attributes.size()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
