package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.disk.DiskPart;
import dev.regild.inventory.DiskLayout;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A conversation with the process that holds a disk mounted and runs the guest's programs: {@code
 * regild-helper}, which says how they talk. One thread talks; {@link #abort} may come from any.
 */
final class DiskHolder {
  /** How many files a disk may consist of, its overlay among them: as many as the helper takes. */
  static final int MOST_LAYERS = 256;

  private static final int PROTOCOL = 2;
  private static final int MAX_FRAME_BYTES = 1 << 20;

  /** A request has some kilobytes, and the helper reads all of it before it acts. */
  private static final Duration TAKING = Duration.ofSeconds(30);

  private static final Duration OPENING = Duration.ofSeconds(90);
  private static final Duration CLOSING = Duration.ofMinutes(12);
  private static final Duration ABORTING = Duration.ofSeconds(10);

  /** What the holder is given to end a program whose time is up. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private static final String SILENT = "The process that holds the guest's disk does not answer.";

  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Frame END = new Frame('\0', new byte[0]);

  private final Path log;
  private final Process process;
  private final Duration taking;
  private final Thread reader;
  private final BlockingQueue<Frame> frames = new ArrayBlockingQueue<>(16);

  /** Why it was ended, if we know. */
  private volatile @Nullable String reason;

  /** Whether it has not taken a request. */
  private volatile boolean stuck;

  /** No record: its payload is an array, which records would compare by identity. */
  private static final class Frame {
    final char kind;
    final byte[] payload;

    Frame(char kind, byte[] payload) {
      this.kind = kind;
      this.payload = payload;
    }
  }

  /**
   * How a program ended.
   *
   * @param status its exit status; 128 and the signal's number if one killed it
   * @param errors the end of its standard error
   * @param cut why it was killed: {@code time}, {@code bytes}, or empty if it ended by itself
   */
  record Ended(int status, String errors, String cut) {}

  private DiskHolder(Path log, Process process, Duration taking) {
    this.log = log;
    this.process = process;
    this.taking = taking;
    this.reader = Thread.ofVirtual().name("disk-holder").unstarted(this::readFrames);
  }

  /**
   * Starts the helper.
   *
   * @param directory for what it complains of
   */
  static DiskHolder start(Path directory) throws GuestException {
    return start(HelperProgram.in(directory), directory.resolve("holder.log"), TAKING);
  }

  /**
   * The same, of another program that talks as the helper does.
   *
   * @param taking how long it may take to read a request
   */
  static DiskHolder start(Program helper, Path log, Duration taking) throws GuestException {
    try {
      DiskHolder holder = new DiskHolder(log, helper.start(log), taking);
      holder.reader.start();
      return holder;
    } catch (ProgramException e) {
      throw new GuestException(String.valueOf(e.getMessage()), e);
    }
  }

  private void readFrames() {
    try {
      try (DataInputStream in = new DataInputStream(process.getInputStream())) {
        while (true) {
          char kind = (char) in.readUnsignedByte();
          int length = in.readInt();
          if (length < 0 || length > MAX_FRAME_BYTES) {
            throw new EOFException("A frame has " + length + " bytes");
          }
          frames.put(new Frame(kind, in.readNBytes(length)));
        }
      } catch (IOException ended) {
        frames.put(END);
      }
    } catch (InterruptedException aborted) {
      tellTheEnd();
    }
  }

  /** To whoever waits for an answer; what came before is of no more use to it. */
  private void tellTheEnd() {
    frames.clear();
    var _ = frames.offer(END);
  }

  /**
   * Mounts a disk.
   *
   * @param chain the qcow2 file to write to, then what each stands on
   * @param staging a directory whose content the guest may read
   * @param scratch a directory with room for what the guest writes beside its disk
   * @return what holds the guest
   */
  Protections open(
      List<Path> chain, Path staging, Path scratch, List<DiskLayout.Filesystem> filesystems)
      throws GuestException {
    Map<String, Object> request =
        Map.of(
            "verb", "open",
            "protocol", PROTOCOL,
            "chain", chain.stream().map(Path::toString).toList(),
            "staging", staging.toString(),
            "scratch", scratch.toString(),
            "filesystems", filesystems.stream().map(DiskHolder::filesystem).toList());
    return protections(ask(request, OPENING));
  }

  /** What this host would hold a guest by; instead of opening one. */
  Protections protections() throws GuestException {
    return protections(ask(Map.of("verb", "protections"), OPENING));
  }

  private static Protections protections(JsonNode answer) {
    return new Protections(texts(answer.path("held")), texts(answer.path("missing")));
  }

  private static List<String> texts(JsonNode list) {
    return list.valueStream().map(JsonNode::asString).toList();
  }

  private static Map<String, Object> filesystem(DiskLayout.Filesystem filesystem) {
    return Map.of(
        "subvolume", filesystem.subvolume(),
        "mountPoint", filesystem.mountPoint(),
        "offset", filesystem.offset(),
        "size", filesystem.size(),
        "type", filesystem.type(),
        "uuid", name(filesystem.uuid()),
        "label", name(filesystem.label()),
        "partitionUuid", name(filesystem.partitionUuid()));
  }

  /** A label that can't be a file's name gets no link below /dev/disk. */
  private static String name(String name) {
    boolean fits = !name.contains("/") && !name.contains("\0") && name.length() <= 255;
    return fits && !name.equals(".") && !name.equals("..") ? name : "";
  }

  /**
   * Runs a program of the guest to its end.
   *
   * @param maxBytes of its standard output, after which it is killed
   * @param installs whether it installs packages: it can then read the block devices of its disk,
   *     for a boot loader, and give files capabilities
   * @param onOutput is given what it writes, as it comes; what it throws ends the guest
   */
  Ended run(
      List<String> command,
      Duration timeLimit,
      long maxBytes,
      boolean installs,
      Consumer<byte[]> onOutput)
      throws GuestException {
    Map<String, Object> request =
        Map.of(
            "verb",
            "run",
            "command",
            command,
            "environment",
            GuestEnvironment.VARIABLES,
            "seconds",
            Math.max(1, timeLimit.toSeconds()),
            "bytes",
            maxBytes,
            "installs",
            installs);
    JsonNode ended = ask(request, timeLimit.plus(GRACE), onOutput);
    return new Ended(
        ended.path("status").asInt(-1),
        ended.path("errors").asString(),
        ended.path("cut").asString());
  }

  /** Gives the free blocks of every mounted filesystem back to the layer. */
  void trim() throws GuestException {
    ask(Map.of("verb", "trim"), CLOSING);
  }

  /**
   * Unmounts cleanly; the disk then holds all that was written.
   *
   * @return after {@link #trim}, the free space that it could not give back
   */
  List<DiskPart> close() throws GuestException {
    return ask(Map.of("verb", "close"), CLOSING)
        .path("unused")
        .valueStream()
        .map(part -> new DiskPart(part.path(0).asLong(), part.path(1).asLong()))
        .toList();
  }

  private JsonNode ask(Map<String, Object> request, Duration limit) throws GuestException {
    return ask(
        request,
        limit,
        output -> {
          throw new IllegalStateException("The helper sent output that nobody asked for");
        });
  }

  private JsonNode ask(Map<String, Object> request, Duration limit, Consumer<byte[]> onOutput)
      throws GuestException {
    boolean answered = false;
    try {
      send(request);
      JsonNode answer = answer(System.nanoTime() + limit.toNanos(), onOutput);
      answered = true;
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestException("Interrupted while the guest was being serviced", e);
    } catch (GuestException e) {
      throw e;
    } catch (IOException e) {
      throw new GuestException(ended(), e);
    } finally {
      if (!answered) {
        abort(); // the conversation can't go on
      }
    }
  }

  /** A pipe that nobody reads takes 64 KiB, and then keeps its writer for ever. */
  private void send(Map<String, Object> request) throws IOException, InterruptedException {
    byte[] line = (JSON.writeValueAsString(request) + "\n").getBytes(UTF_8);
    FutureTask<Boolean> write =
        new FutureTask<>(() -> {
          OutputStream requests = process.getOutputStream();
          requests.write(line);
          requests.flush();
          return true;
        });
    Thread.ofVirtual().name("disk-holder-request").start(write);
    try {
      var _ = write.get(taking.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      stuck = true;
      throw new GuestException(SILENT, e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  private JsonNode answer(long deadline, Consumer<byte[]> onOutput)
      throws GuestException, InterruptedException {
    while (true) {
      Frame frame = frames.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (frame == null) {
        throw new GuestException(SILENT);
      }
      switch (frame.kind) {
        case 'o' -> onOutput.accept(frame.payload);
        case 'd' -> {
          return JSON.readTree(frame.payload);
        }
        case 'e' -> throw new GuestException(new String(frame.payload, UTF_8));
        default -> throw new GuestException(ended());
      }
    }
  }

  private String ended() {
    String known = reason;
    if (known != null) {
      return "The guest was ended: " + known;
    }
    String complaints;
    try {
      complaints = GuestText.said(Files.readString(log));
      if (complaints.contains("sudo: ")) {
        complaints += HelperProgram.REMEDY;
      }
    } catch (IOException e) {
      complaints = "";
    }
    return "The process that holds the guest's disk has ended." + complaints;
  }

  /** Ends the guest; whoever drives it gets a GuestException that says why. */
  void abort(String why) {
    reason = why;
    abort();
  }

  /** Ends the guest; the holder ends with its standard input. */
  void abort() {
    if (stuck) {
      process.destroyForcibly(); // who does not read does not see the end either
    }
    // A write that is under way keeps a close waiting.
    Thread.ofVirtual().name("disk-holder-end").start(this::closeInput);
    process.onExit().completeOnTimeout(process, ABORTING.toSeconds(), TimeUnit.SECONDS).join();
    process.destroyForcibly();
    reader.interrupt();
    tellTheEnd(); // somebody else may hold the pipe open that the reader reads
  }

  private void closeInput() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It is gone already.
    }
  }
}
