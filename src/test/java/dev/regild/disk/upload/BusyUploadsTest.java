package dev.regild.disk.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.regild.db.Database;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DisksBusyException;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.layers.NodeCache;
import dev.regild.fixtures.TestDatabases;
import dev.regild.store.HalfUpload;
import dev.regild.store.ObjectStore;
import dev.regild.store.StoreLimits;
import dev.regild.store.StoreLocation;
import dev.regild.store.StoreSettings;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many requests at once for uploads; the store answers when the test lets it, and has nothing. */
class BusyUploadsTest {
  private static final DiskQuota QUOTA = new DiskQuota(100, 100);

  @TempDir Path directory;
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answering = new CountDownLatch(1);
  private HttpServer server;
  private ObjectStore objects;
  private Database database;
  private ObjectDiskStore disks;

  @BeforeEach
  void open() throws Exception {
    System.setProperty("aws.accessKeyId", "test");
    System.setProperty("aws.secretAccessKey", "test");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    var _ =
        server.createContext(
            "/",
            exchange -> {
              asked.countDown();
              try (exchange) {
                answering.await();
                exchange.sendResponseHeaders(404, -1);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    server.start();
    objects =
        new ObjectStore(
            new StoreSettings(
                new StoreLocation("bucket", "prefix"),
                Optional.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort())),
                "us-east-1",
                true,
                Optional.empty(),
                StoreSettings.Upkeep.DEFAULT,
                new StoreLimits(Duration.ofSeconds(2), Duration.ofSeconds(5), 1)));
    database = TestDatabases.open(directory.resolve("regild.db"));
    RoomReservations room = new RoomReservations();
    disks =
        new ObjectDiskStore(
            database,
            objects,
            new NodeCache(directory.resolve("cache"), 1L << 30, room),
            directory.resolve("arriving"),
            new DiskCheck(1L << 40),
            Clock.systemUTC(),
            room);
  }

  @AfterEach
  void close() {
    answering.countDown();
    objects.close();
    database.close();
    server.stop(0);
  }

  /** Each would reserve room for the whole disk, and read it. */
  @Test
  void anUploadIsFinishedByOneRequestAtATime() throws Exception {
    Upload upload = upload("ami-1");
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> first = executor.submit(() -> disks.finish(upload, QUOTA));
      asked.await();
      Future<?> second = executor.submit(() -> disks.finish(upload, QUOTA));
      try {
        assertThatThrownBy(() -> second.get(2, TimeUnit.MINUTES))
            .cause()
            .isInstanceOf(DisksBusyException.class)
            .hasMessage("The upload ami-1 is being checked. Ask again later.");
      } finally {
        answering.countDown();
      }
      assertThatThrownBy(first::get).cause().isNotInstanceOf(DisksBusyException.class);
    }
    assertThatThrownBy(() -> disks.finish(upload, QUOTA))
        .as("the turn is given back")
        .isNotInstanceOf(DisksBusyException.class);
  }

  @Test
  void anAccountSendsEightUploadsAtOnce() throws Exception {
    CountDownLatch reading = new CountDownLatch(8);
    CountDownLatch ended = new CountDownLatch(1);
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            reading.countDown();
            try {
              ended.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return -1;
          }

          @Override
          public int read(byte[] bytes, int offset, int length) {
            return read();
          }
        };
    List<Future<?>> sending = new ArrayList<>();
    Upload ninth = upload("ami-9");
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 1; i <= 8; i++) {
        Upload upload = upload("ami-" + i);
        sending.add(executor.submit(() -> disks.uploads().append(upload, 0, endless, QUOTA)));
      }
      reading.await();
      try {
        assertThatThrownBy(
                () -> disks.uploads().append(ninth, 0, InputStream.nullInputStream(), QUOTA))
            .isInstanceOf(DisksBusyException.class)
            .hasMessageContaining("111111111111 is sending 8 uploads");
      } finally {
        ended.countDown();
      }
      for (Future<?> each : sending) {
        assertThat(each.get()).isNotNull();
      }
    }
    assertThat(disks.uploads().append(ninth, 0, InputStream.nullInputStream(), QUOTA))
        .as("the turns are given back")
        .isNotNull();
  }

  private Upload upload(String id) {
    HalfUpload parts = new HalfUpload("disks/" + id + "/1.disk", "upload-" + id);
    database.useTransaction(
        handle -> UploadRecords.insert(handle, id, "111111111111", parts, OptionalLong.of(512)));
    return new Upload(
        id, "111111111111", Optional.of(parts), OptionalLong.of(512), 512, Instant.EPOCH);
  }
}
