package dev.regild.disk.upload;

import dev.regild.db.Database;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.disk.UnfitDiskException;
import dev.regild.store.ObjectStore;
import dev.regild.store.UploadedPart;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** One request that appends to an upload. It receives a part while it sends the one before. */
final class Appending {
  /** S3 takes no smaller part but the last one. */
  private static final long LEAST_PART = 5L << 20;

  /** Large enough that 9,000 of them hold the upload: S3 takes 10,000. */
  private static final long PART = 16L << 20;

  private static final int MOST_PARTS = 9_000;

  /** Parts of an upload of unknown size grow by one PART every so many: 9,000 hold 2.1 TiB. */
  private static final int GROWTH = 300;

  private static final int PIECE = 256 << 10;

  private final Database database;
  private final ObjectStore objects;
  private final Path directory;
  private final RoomReservations room;
  private final Upload upload;
  private final String appender;
  private final SavedSha256 digest;
  private long at;

  /** How the stream broke off. */
  private @Nullable IOException broken;

  Appending(
      Database database,
      ObjectStore objects,
      Path directory,
      RoomReservations room,
      Upload upload,
      String appender,
      long offset,
      SavedSha256 digest) {
    this.database = database;
    this.objects = objects;
    this.directory = directory;
    this.room = room;
    this.upload = upload;
    this.appender = appender;
    this.at = offset;
    this.digest = digest;
  }

  /** Looks in a transaction whether the account may have so many bytes more. */
  @FunctionalInterface
  interface Growth {
    void require(Handle handle, long bytes) throws DiskQuotaException;
  }

  /** Appends all that the stream has. */
  void run(InputStream stream, Growth growth)
      throws IOException, UnfitDiskException, InterruptedException {
    try (Sender sender = new Sender(growth)) {
      boolean more = true;
      while (more) {
        Part part = new Part();
        boolean handedOver = false;
        try {
          more = part.fill(stream);
          if (part.isWorthSending(!more)) {
            handedOver = true;
            sender.send(part);
          }
        } finally {
          if (!handedOver) {
            part.close();
          }
        }
      }
      sender.await();
    }
    if (broken != null) {
      throw broken;
    }
  }

  /** The next part, in a file of its own. */
  private final class Part implements AutoCloseable {
    private final Path file;
    private final Reservation reservation;
    private final long first = at;
    private long bytes;
    private byte[] digestAfter = {};

    Part() throws IOException {
      this.reservation = room.reserve(directory, partBytes());
      try {
        this.file =
            Files.createTempFile(
                directory,
                upload.id() + ".",
                ".part",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } catch (IOException e) {
        reservation.close();
        throw e;
      }
    }

    private long partBytes() {
      return upload.declared().isPresent()
          ? Math.max(PART, Math.ceilDiv(upload.declared().getAsLong(), MOST_PARTS))
          : PART * (1 + at / PART / GROWTH);
    }

    /** Returns whether the stream may have more. */
    boolean fill(InputStream stream) throws IOException, UnfitDiskException {
      long most = partBytes();
      byte[] buffer = new byte[PIECE];
      boolean more = true;
      try (OutputStream out = Files.newOutputStream(file)) {
        while (more && bytes < most) {
          int n = read(stream, buffer, (int) Math.min(buffer.length, most - bytes));
          more = n >= 0;
          if (n > 0) {
            requireDeclared(n);
            digest.update(buffer, 0, n);
            out.write(buffer, 0, n);
            bytes += n;
            at += n;
          }
        }
      }
      digestAfter = digest.state();
      if (first == 0 && bytes > 0 && broken == null) {
        requireDisk();
      }
      return more;
    }

    /** A stream that breaks ends this part; what came of it may still be worth keeping. */
    private int read(InputStream stream, byte[] buffer, int most) {
      try {
        return stream.read(buffer, 0, most);
      } catch (IOException e) {
        broken = e;
        return -1;
      }
    }

    private void requireDeclared(int n) throws IOException {
      if (upload.declared().isPresent() && n > upload.declared().getAsLong() - at) {
        throw new IOException(
            "the upload is longer than the declared %d bytes"
                .formatted(upload.declared().getAsLong()));
      }
    }

    /** Refuses at its beginning what is neither a disk nor packed. */
    private void requireDisk() throws IOException, UnfitDiskException {
      byte[] head;
      try (InputStream in = Files.newInputStream(file)) {
        head = in.readNBytes(Heads.BYTES);
      }
      if (!DiskReader.isPacked(head) && isHeadWhole()) {
        var _ = DiskCheck.detect(file);
      }
    }

    private boolean isHeadWhole() {
      return bytes >= DiskFile.HEAD_BYTES || bytes == upload.declared().orElse(bytes);
    }

    /** Whether the store takes it as a part. */
    boolean isWorthSending(boolean last) {
      boolean whole = broken == null && upload.declared().orElse(at) == at;
      return bytes > 0 && (!last || whole || bytes >= LEAST_PART);
    }

    @Override
    public void close() throws IOException {
      reservation.close();
      Files.deleteIfExists(file);
    }
  }

  /** Sends one part at a time, while the next one is received. */
  private final class Sender implements AutoCloseable {
    private final Growth growth;
    private final ExecutorService thread =
        Executors.newSingleThreadExecutor(Thread.ofVirtual().name("upload-part").factory());
    private @Nullable Future<?> sending;

    Sender(Growth growth) {
      this.growth = growth;
    }

    /** Waits for the part before, and hands this one over; it is closed in any case. */
    void send(Part part) throws IOException, InterruptedException {
      boolean begun = false;
      try {
        await();
        sending =
            thread.submit(() -> {
              try (part) {
                store(part);
              }
              return true;
            });
        begun = true;
      } finally {
        if (!begun) {
          part.close();
        }
      }
    }

    /** Waits until the store and the database have all that was handed over. */
    void await() throws IOException, InterruptedException {
      if (sending == null) {
        return;
      }
      try {
        var _ = sending.get();
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case IOException cause -> throw cause;
          case InterruptedException cause -> throw cause;
          case RuntimeException cause -> throw cause;
          case Error cause -> throw cause;
          case null, default -> throw new IllegalStateException(e);
        }
      }
    }

    private void store(Part part) throws IOException, InterruptedException {
      int number =
          database
              .inTransaction(handle -> {
                growth.require(handle, part.bytes);
                return UploadRecords.takePartNumber(handle, upload.id(), appender);
              })
              .orElseThrow(Appending.this::overtaken);
      UploadedPart sent = objects.uploads().send(upload.stored(), number, part.file, 0, part.bytes);
      boolean appended =
          database.inTransaction(handle ->
              UploadRecords.append(
                  handle, upload.id(), appender, part.first, sent, part.digestAfter));
      if (!appended) {
        throw overtaken();
      }
    }

    /** Waits for the part on its way: what a client has sent need not be sent again. */
    @Override
    public void close() {
      thread.close();
    }
  }

  private UploadOffsetException overtaken() {
    long received =
        database
            .read(handle -> UploadRecords.find(handle, upload.id()))
            .map(Upload::received)
            .orElse(0L);
    return new UploadOffsetException(
        "Another request appends to the upload %s. Ask how much it has, and go on from there."
            .formatted(upload.id()),
        received);
  }
}
