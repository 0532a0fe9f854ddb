package dev.regild.disk.upload;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.disk.ByteCount;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.DisksBusyException;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.UnfitDiskException;
import dev.regild.files.DurableFiles;
import dev.regild.files.Listing;
import dev.regild.files.PrivateDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Uploads in a data directory: {@code <id>.part} has what has come, and {@code <id>.upload} says
 * whose it is and how much of it is on the disk for good.
 */
public final class FileUploads implements ResumableUploads {
  private static final Logger LOG = LoggerFactory.getLogger(FileUploads.class);

  /** After this time without a byte, an upload is removed. */
  static final Duration LONGEST_SILENCE = Duration.ofDays(1);

  /** Of an account, at a time. */
  static final int MOST = 8;

  private static final Pattern ID = Pattern.compile("ami-[0-9a-f]{17}");
  private static final String PART = ".part";

  /** It may become the file of a disk, which only our own user can read. */
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final String RECORD = ".upload";
  private static final int PIECE = 256 << 10;

  /** Between two times at which what has come is made to last. */
  private static final long FORCED_BYTES = 64L << 20;

  private static final JsonMapper JSON = JsonMapper.shared();

  private final Path directory;
  private final UploadedDisks disks;
  private final RoomReservations room;
  private final Clock clock;
  private final AppendTurns turns = new AppendTurns();

  /** Who appends to an upload now, by its id. A later one takes its place. */
  private final ConcurrentMap<String, FileChannel> appending = new ConcurrentHashMap<>();

  /** The room of those who append, by the id of the upload. */
  private final ConcurrentMap<String, RoomReservations.Reservation> reserved =
      new ConcurrentHashMap<>();

  private final Set<String> finishing = ConcurrentHashMap.newKeySet();

  /** The ids of the uploads whose records can't be read. */
  private final Set<String> unreadable = ConcurrentHashMap.newKeySet();

  /**
   * Removes what nobody goes on with.
   *
   * @param directory of the uploads, on the file system of the disks; it is made
   * @param disks that uploads become
   */
  public FileUploads(Path directory, UploadedDisks disks, RoomReservations room, Clock clock)
      throws IOException {
    Path parent = directory.toAbsolutePath().resolveSibling("");
    this.directory =
        PrivateDirectory.within(parent, String.valueOf(directory.getFileName())).path();
    this.disks = disks;
    this.room = room;
    this.clock = clock;
    removeUnfinishedRecords();
    removeAbandoned();
  }

  /**
   * What is kept of an upload.
   *
   * @param received how many bytes are on the disk for good
   * @param begun in milliseconds since 1970, like {@code touched}
   */
  private record Kept(String account, long declared, long received, long begun, long touched) {
    Upload upload(String id) {
      return new Upload(
          id,
          account,
          Optional.empty(),
          OptionalLong.of(declared),
          received,
          Instant.ofEpochMilli(begun));
    }

    Kept with(long bytes, Instant now) {
      return new Kept(account, declared, bytes, begun, now.toEpochMilli());
    }
  }

  @Override
  public synchronized Upload begin(String account, DiskQuota quota, OptionalLong declared)
      throws IOException, UnfitDiskException {
    long bytes = declared.orElse(0);
    if (bytes <= 0) {
      throw new UnfitDiskException("the file is empty");
    }
    if (bytes > disks.mostBytes()) {
      throw new UnfitDiskException(
          "the disk is larger than %s, which is the most that is taken"
              .formatted(ByteCount.text(disks.mostBytes())));
    }
    removeAbandoned();
    List<Upload> others = list(account);
    if (others.size() >= MOST) {
      throw new DisksBusyException(
          "The account %s has %d uploads that are not complete, which is the most. Complete or discard one."
              .formatted(account, others.size()));
    }
    long promised = others.stream().mapToLong(each -> each.declared().orElse(0)).sum();
    disks.requireQuota(account, quota, Math.addExact(promised, bytes));
    room.reserve(directory, Math.addExact(missing(others), bytes)).close();
    String id = DiskStore.newId();
    long now = clock.millis();
    write(id, new Kept(account, bytes, 0, now, now));
    return require(id);
  }

  /** What is to come of uploads that no request appends to: those of the others are reserved. */
  private long missing(List<Upload> uploads) {
    return uploads.stream()
        .filter(each -> !appending.containsKey(each.id()))
        .mapToLong(each -> each.declared().orElse(0) - each.received())
        .sum();
  }

  @Override
  public Optional<Upload> find(String account, String id) throws IOException {
    return kept(id).filter(each -> each.account.equals(account)).map(each -> each.upload(id));
  }

  @Override
  public List<Upload> list(String account) throws IOException {
    List<Upload> all = new ArrayList<>();
    for (String id : ids()) {
      readable(id)
          .filter(each -> each.account.equals(account))
          .map(each -> each.upload(id))
          .ifPresent(all::add);
    }
    all.sort(Comparator.comparing(Upload::begun).thenComparing(Upload::id));
    return all;
  }

  @Override
  public Upload append(Upload upload, long offset, InputStream stream, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    long declared = upload.declared().orElse(0);
    try (AppendTurns.Turn _ = turns.take(upload.account());
        FileChannel file = claim(upload, offset)) {
      try (RoomReservations.Reservation reservation =
          room.reserve(directory, Math.max(0, declared - offset))) {
        reserved.put(upload.id(), reservation);
        write(new Writing(upload.id(), file, offset, declared, reservation), upload, stream);
      } finally {
        appending.remove(upload.id(), file);
      }
    }
    return require(upload.id());
  }

  private void write(Writing writing, Upload upload, InputStream stream)
      throws IOException, UnfitDiskException {
    try {
      writing.run(stream);
    } catch (UnfitDiskException e) {
      // Nobody has a use for the beginning of what is no disk.
      discardOwn(upload, writing.file);
      throw e;
    } catch (ClosedChannelException e) {
      throw writing.file.equals(appending.get(upload.id())) ? e : overtaken(upload, e);
    } finally {
      writing.keep();
      reserved.remove(upload.id(), writing.reservation);
    }
  }

  /** Unless another request appends now: what that one sends may be a disk. */
  private synchronized void discardOwn(Upload upload, FileChannel file) throws IOException {
    if (file.equals(appending.get(upload.id()))) {
      remove(upload.id());
    }
  }

  private UploadOffsetException overtaken(Upload upload, ClosedChannelException cause)
      throws IOException {
    UploadOffsetException overtaken =
        new UploadOffsetException(
            "Another request sends the upload %s, or has discarded it. Ask how much of it has come."
                .formatted(upload.id()),
            kept(upload.id()).map(Kept::received).orElse(0L));
    var _ = overtaken.initCause(cause);
    return overtaken;
  }

  /** Whoever appended before is overtaken: its connection may be dead without anybody knowing. */
  private synchronized FileChannel claim(Upload upload, long offset) throws IOException {
    long received = kept(upload.id()).map(Kept::received).orElse(-1L);
    if (received != offset) {
      throw new UploadOffsetException(
          received < 0
              ? "The upload %s was completed or removed.".formatted(upload.id())
              : "The upload %s has %d bytes, so the next bytes do not belong at %d. Send what follows these."
                  .formatted(upload.id(), received, offset),
          Math.max(0, received));
    }
    // After that: a request that is refused overtakes no other.
    FileChannel before = appending.remove(upload.id());
    if (before != null) {
      before.close();
    }
    RoomReservations.Reservation held = reserved.remove(upload.id());
    if (held != null) {
      // Its connection may hang for a minute, and both need the same room.
      held.close();
    }
    FileChannel file =
        FileChannel.open(
            part(upload.id()),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            PRIVATE);
    boolean ready = false;
    try {
      file.truncate(offset);
      file.position(offset);
      appending.put(upload.id(), file);
      ready = true;
      return file;
    } finally {
      if (!ready) {
        file.close();
      }
    }
  }

  /** One request's bytes on their way into the file. */
  private final class Writing {
    private final String id;
    private final FileChannel file;
    private final long declared;
    private final RoomReservations.Reservation reservation;
    private long at;
    private long forced;

    Writing(
        String id,
        FileChannel file,
        long offset,
        long declared,
        RoomReservations.Reservation reservation) {
      this.id = id;
      this.file = file;
      this.at = offset;
      this.forced = offset;
      this.declared = declared;
      this.reservation = reservation;
    }

    void run(InputStream stream) throws IOException, UnfitDiskException {
      byte[] buffer = new byte[PIECE];
      boolean known = at > 0;
      for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
        if (n > declared - at) {
          throw new IOException(
              "the upload is longer than the declared %d bytes".formatted(declared));
        }
        write(ByteBuffer.wrap(buffer, 0, n));
        reservation.written(n);
        if (!known && (at >= DiskFile.HEAD_BYTES || at == declared)) {
          requireDisk();
          known = true;
        }
        if (at - forced >= FORCED_BYTES) {
          reservation.requireStillFree();
          keep();
        }
      }
    }

    private void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        at += file.write(bytes);
      }
    }

    /** Refuses at its beginning what is neither a disk nor packed. */
    private void requireDisk() throws IOException, UnfitDiskException {
      if (!isPacked(part(id))) {
        var _ = DiskCheck.detect(part(id));
      }
    }

    /** From now on, this much counts as received. */
    void keep() throws IOException {
      if (at == forced || !file.isOpen()) {
        return;
      }
      try {
        file.force(true);
      } catch (ClosedChannelException e) {
        // Another request has taken over, and counts from what was kept before.
        return;
      }
      synchronized (FileUploads.this) {
        Optional<Kept> kept = kept(id);
        if (kept.isPresent() && file.equals(appending.get(id))) {
          FileUploads.this.write(id, kept.get().with(at, clock.instant()));
          forced = at;
        }
      }
    }
  }

  @Override
  public UploadedDisk finish(Upload upload, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    if (!finishing.add(upload.id())) {
      throw new DisksBusyException(
          "The upload %s is being checked. Ask again later.".formatted(upload.id()));
    }
    try {
      Optional<UploadedDisk> earlier = disks.find(upload.account(), upload.id());
      if (earlier.isPresent()) {
        discard(upload);
        return earlier.get();
      }
      return made(upload, quota);
    } finally {
      var _ = finishing.remove(upload.id());
    }
  }

  private UploadedDisk made(Upload upload, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    Path part = part(upload.id());
    long bytes = Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS) ? Files.size(part) : 0;
    if (bytes < upload.received()) {
      // The process ended while it became a disk, and the disk had no record yet.
      discard(upload);
      throw new IOException(
          "The bytes of the upload %s are lost: the server ended while it made a disk of them. Begin another."
              .formatted(upload.id()));
    }
    if (bytes != upload.declared().orElse(-1)) {
      throw new IOException(
          "The upload %s is incomplete. Send what is missing.".formatted(upload.id()));
    }
    try {
      UploadedDisk disk = disk(upload, part, quota);
      discard(upload);
      return disk;
    } catch (UnfitDiskException | DiskQuotaException e) {
      discard(upload);
      throw e;
    }
  }

  /** A disk that needs no unpacking, and has no holes to be made, is moved and not copied. */
  private UploadedDisk disk(Upload upload, Path part, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    if (!isPacked(part) && DiskCheck.detect(part) != DiskFormat.RAW) {
      return disks.adopt(upload.id(), upload.account(), quota, part);
    }
    try (InputStream in = Files.newInputStream(part)) {
      return disks.receive(
          upload.id(), upload.account(), quota, in, OptionalLong.of(upload.received()));
    }
  }

  private static boolean isPacked(Path part) throws IOException {
    try (InputStream in = Files.newInputStream(part)) {
      return DiskReader.isPacked(in.readNBytes(Heads.BYTES));
    }
  }

  @Override
  public synchronized void discard(Upload upload) throws IOException {
    remove(upload.id());
  }

  private void remove(String id) throws IOException {
    FileChannel writing = appending.remove(id);
    if (writing != null) {
      writing.close();
    }
    Files.deleteIfExists(record(id));
    Files.deleteIfExists(part(id));
  }

  @Override
  public synchronized void removeAbandoned() throws IOException {
    Instant silent = clock.instant().minus(LONGEST_SILENCE);
    for (String id : ids()) {
      if (!isLive(id, silent) && !finishing.contains(id)) {
        remove(id);
      }
    }
  }

  private boolean isLive(String id, Instant silent) {
    Optional<Kept> found = readable(id);
    return unreadable.contains(id)
        || found.filter(each -> Instant.ofEpochMilli(each.touched).isAfter(silent)).isPresent();
  }

  /** A record that can't be read hides no other upload. The log names it, once. */
  private Optional<Kept> readable(String id) {
    try {
      Optional<Kept> found = kept(id);
      unreadable.remove(id);
      return found;
    } catch (IOException e) {
      if (unreadable.add(id)) {
        LOG.atWarn()
            .addKeyValue("upload", id)
            .addKeyValue("reason", e.getMessage())
            .log("upload can't be read; remove its files, and send the disk again");
      }
      return Optional.empty();
    }
  }

  /** What a process has left that ended while it wrote a record. */
  private void removeUnfinishedRecords() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        if (String.valueOf(each.getFileName()).startsWith(".")) {
          Files.delete(each);
        }
      }
    }
  }

  private List<String> ids() throws IOException {
    return Listing.names(directory).stream()
        .filter(name -> name.endsWith(RECORD) || name.endsWith(PART))
        .map(name -> name.substring(0, name.lastIndexOf('.')))
        .filter(id -> ID.matcher(id).matches())
        .distinct()
        .toList();
  }

  private Optional<Kept> kept(String id) throws IOException {
    if (!ID.matcher(id).matches() || !Files.exists(record(id), LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(Files.readString(record(id), UTF_8), Kept.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JacksonException e) {
      throw new IOException(record(id) + " can't be read: " + e.getOriginalMessage(), e);
    }
  }

  private Upload require(String id) throws IOException {
    return kept(id)
        .map(each -> each.upload(id))
        .orElseThrow(
            () -> new IOException("The upload %s was removed. Begin another.".formatted(id)));
  }

  private void write(String id, Kept kept) throws IOException {
    DurableFiles.write(record(id), JSON.writeValueAsString(kept));
  }

  private Path part(String id) {
    return directory.resolve(id + PART);
  }

  private Path record(String id) {
    return directory.resolve(id + RECORD);
  }
}
