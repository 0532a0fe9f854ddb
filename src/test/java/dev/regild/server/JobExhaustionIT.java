package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.MasterKey;
import dev.regild.account.SigningKeys;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.db.Lease;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.Workspaces;
import dev.regild.disk.layers.DirectoryLayerStore;
import dev.regild.disk.upload.UploadedDisks;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.JobSteps;
import dev.regild.image.Owner;
import dev.regild.inventory.DiskInspector;
import dev.regild.job.JobObserver;
import dev.regild.job.RunningJobs;
import dev.regild.job.SteppedJob;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.servicing.Guests;
import dev.regild.servicing.Isolation;
import dev.regild.servicing.QualificationBoot;
import dev.regild.update.Attestations;
import dev.regild.update.ImportJob;
import dev.regild.update.planning.AgentVersions;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.steps.Platforms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that takes all of the heap, in processes of its own that have the launcher's options. */
class JobExhaustionIT {
  /** How many of the attempts are really made. */
  private static final int MADE = 2;

  /** Of a JVM that -XX:+ExitOnOutOfMemoryError has ended. */
  private static final int EXHAUSTED = 3;

  @TempDir Path directory;

  @Test
  void endsItsProcessEachTimeAndThenItsImageHasFailedWithAReason() throws Exception {
    Owner owner;
    try (ServerFixture server = new ServerFixture(directory)) {
      owner = new Owner(server.account.id(), "us-east-1");
      String body =
          """
          {"Name":"greedy","SourceAmiId":"%s","IamRoleArn":"arn:aws:iam::123456789012:role/any"}
          """
              .formatted(ServerFixture.DISK);
      assertThat(server.ask(server.key, "CreateImportedImage", body).status()).isEqualTo(200);
      server.database.useTransaction(handle ->
          handle.execute("UPDATE scheduled_tasks SET attempts = ?", JobQueue.MOST_ATTEMPTS - MADE));
    }
    for (int i = 0; i < MADE; i++) {
      assertThat(work()).as("the exit status of an attempt").isEqualTo(EXHAUSTED);
      assertThat(image(owner).state()).isEqualTo(ImageState.IMPORTING);
    }
    assertThat(work()).as("the exit status when the job is given up").isZero();

    Image failed = image(owner);
    assertThat(failed.state()).isEqualTo(ImageState.FAILED);
    assertThat(failed.stateChangeReason().orElseThrow().message())
        .contains("The import failed")
        .contains("in 10 attempts")
        .contains("Check the server's log");
  }

  private Image image(Owner owner) throws Exception {
    try (Database database = Database.open(directory.resolve("regild.db"))) {
      return database.read(handle -> Images.requireOwned(handle, owner, "greedy"));
    }
  }

  /** Runs a process that works on jobs until there are none; its exit status. */
  private int work() throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(launcherOptions());
    command.addAll(
        List.of(
            "-Xmx64m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Worker.class.getName(),
            directory.toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("worker.log").toFile())
            .start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("it ends").isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  /** What the launcher has the JVM do about its heap. */
  private static List<String> launcherOptions() throws Exception {
    String launcher = Files.readString(Path.of(System.getProperty("basedir", ""), "regild"));
    List<String> options =
        Arrays.stream(launcher.split("[\\s()]+"))
            .filter(word -> word.matches("-XX:.*(OutOfMemory|RAMPercentage).*"))
            .toList();
    assertThat(options)
        .contains("-XX:+ExitOnOutOfMemoryError")
        .anyMatch(option -> option.startsWith("-XX:MaxRAMPercentage="));
    return options;
  }

  /** Works on jobs as the server does, but for the import itself, which takes all of the heap. */
  static final class Worker {
    private Worker() {}

    public static void main(String[] arguments) throws Exception {
      Path data = Path.of(arguments[0]);
      try (Database database = Database.open(data.resolve("regild.db"));
          JobQueue jobs = new JobQueue(database, Clock.systemUTC(), 1, Duration.ofSeconds(1))) {
        ImportJob real = importJob(data, database);
        jobs.register(
            ImportJob.KIND,
            new JobQueue.Job() {
              @Override
              public void run(String id, Lease lease) {
                exhaust();
              }

              @Override
              public void giveUp(String id, Lease lease, String why) {
                real.giveUp(id, lease, why);
              }
            });
        jobs.start();
        while (database.read(
                handle ->
                    handle
                        .createQuery("SELECT COUNT(*) FROM scheduled_tasks")
                        .mapTo(Integer.class)
                        .one())
            > 0) {
          Thread.sleep(50);
        }
      }
    }

    private static void exhaust() {
      List<byte[]> all = new ArrayList<>();
      while (true) {
        all.add(new byte[(1 << 20) + all.size()]);
      }
    }

    private static ImportJob importJob(Path data, Database database) throws Exception {
      DiskCheck check = new DiskCheck(DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES);
      Inventories inventories = new Inventories(database);
      SigningKeys signingKeys =
          new SigningKeys(
              database,
              MasterKey.load(data.resolve("master.key"), Optional.empty()),
              Clock.systemUTC());
      var _ = signingKeys.firstStart();
      Guests guests = new Guests(Isolation.VM, () -> Accelerator.TCG, Duration.ofMinutes(1));
      QualificationBoot.Machine machine =
          new QualificationBoot.Machine(512, 1, Duration.ofMinutes(1));
      return new ImportJob(
          new SteppedJob.Tools(
              database,
              new JobSteps(Clock.systemUTC()),
              new RunningJobs(),
              new Workspaces(data),
              JobObserver.NONE),
          inventories,
          new DirectoryLayerStore(data),
          new UploadedDisks(
              data.resolve("disks"), check, Clock.systemUTC(), new RoomReservations()),
          check,
          new DiskInspector(
              new Appliances(() -> Accelerator.TCG), PackageSystems.installed().all()),
          new Platforms(guests, machine, machine),
          new AgentVersions(
              new UpdatePlans(new ChannelStore(data, Clock.systemUTC()), inventories)),
          new Attestations(signingKeys, inventories, Isolation.VM, Clock.systemUTC()),
          Clock.systemUTC());
    }
  }
}
