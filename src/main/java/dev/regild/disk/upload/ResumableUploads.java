package dev.regild.disk.upload;

import dev.regild.disk.UnfitDiskException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Uploads that come in several requests, and go on after a broken one where it ended. */
public interface ResumableUploads {
  /**
   * Begins an upload.
   *
   * @param declared the size of all of it, if the client knows it
   * @throws DiskQuotaException if the account has no room for it
   * @throws UnfitDiskException if it is too large
   */
  Upload begin(String account, DiskQuota quota, OptionalLong declared)
      throws IOException, UnfitDiskException, InterruptedException;

  /** Returns the account's upload of that id; another account's is as good as none. */
  Optional<Upload> find(String account, String id) throws IOException;

  /** Returns the uploads of an account, the oldest first. */
  List<Upload> list(String account) throws IOException;

  /**
   * Appends to an upload what a stream has. Of a stream that breaks, what has come stays.
   *
   * @param offset where the bytes belong, which has to be the upload's end
   * @return the upload afterwards
   * @throws UploadOffsetException if the upload does not end there, or another request appends to
   *     it
   * @throws UnfitDiskException if the bytes are not those of a disk
   */
  Upload append(Upload upload, long offset, InputStream stream, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException;

  /**
   * Makes a disk of an upload whose last byte has come: unpacks it if it is packed, and checks it.
   * A later call for the same upload returns the same disk.
   *
   * @throws dev.regild.disk.DisksBusyException if another call for the upload has not ended
   * @throws UnfitDiskException if it is no disk that stands alone; the upload is removed then
   * @throws DiskQuotaException if it is larger unpacked than the account may have
   */
  UploadedDisk finish(Upload upload, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException;

  /** Removes an upload and what has come of it. */
  void discard(Upload upload) throws IOException, InterruptedException;

  /** Removes uploads that nobody goes on with, unless the store's garbage collection does. */
  void removeAbandoned() throws IOException;
}
