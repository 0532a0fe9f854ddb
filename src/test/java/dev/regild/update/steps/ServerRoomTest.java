package dev.regild.update.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.GivenRoom;
import dev.regild.disk.NoRoomException;
import dev.regild.disk.RoomReservations;
import dev.regild.job.FailedStepException;
import dev.regild.job.Step;
import dev.regild.job.StepControl;
import dev.regild.machine.FreeSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ServerRoomTest {
  private static final long MIB = 1L << 20;

  @TempDir Path directory;

  private final AtomicLong free = new AtomicLong(100 * MIB);
  private final RoomReservations reservations = GivenRoom.of(free::get);

  @Test
  void whatIsPromisedIsRaisedToTheWholeAndGivenBack() throws Exception {
    try (ServerRoom room = room(0)) {
      room.require(60 * MIB);
      room.require(40 * MIB);
      room.require(80 * MIB);
      assertThat(room.reserved()).isEqualTo(80 * MIB);
      assertThatThrownBy(() -> room.require(101 * MIB))
          .isInstanceOfSatisfying(
              NoRoomException.class,
              e ->
                  assertThat(e.shortage("the update of golden", room.reserved()))
                      .startsWith(
                          "101.0 MiB needed for the update of golden, 356.0 MiB free in "
                              + directory
                              + ", of which 0 B are reserved for others and 256.0 MiB must stay"));
      assertThatThrownBy(() -> reservations.reserve(directory, 21 * MIB))
          .isInstanceOf(NoRoomException.class);
    }
    reservations.reserve(directory, 100 * MIB).close();
  }

  @Test
  @Timeout(300)
  void whatItsFilesHaveTakenIsNotPromisedAnyMore() throws Exception {
    try (ServerRoom room = room(0)) {
      room.require(80 * MIB);
      Files.write(directory.resolve("overlay"), new byte[(int) (3 * MIB)]);
      while (room.reserved() != 77 * MIB) {
        Thread.sleep(20);
      }
    }
  }

  @Test
  @Timeout(300)
  void aFullFileSystemIsNoticedAndOneWithRoomIsNot() throws Exception {
    try (ServerRoom full = room(Long.MAX_VALUE);
        ServerRoom sound = room(0)) {
      assertThat(full.shortage().orElseThrow()).contains("the file system of " + directory);
      assertThat(sound.shortage()).isEmpty();
    }
  }

  @Test
  void whateverTheGuestSaysTheCauseIsTheServersFullDisk() throws Exception {
    Exception guests = new IOException("dpkg: error: unable to write: Read-only file system");
    FailedStepException failure = FailedStepException.of(new Guests(), 4, "", guests);
    UpdateRooms rooms = new UpdateRooms(reservations);
    rooms.open("full", room(Long.MAX_VALUE));
    rooms.open("sound", room(0));
    FailedStepException cause = rooms.cause("full", failure);
    assertThat(cause.step()).isEqualTo("Apply");
    assertThat(cause.reason())
        .startsWith("the server's disk is full: the file system of " + directory)
        .as("what the step said, too")
        .endsWith("dpkg: error: unable to write: Read-only file system");
    assertThat(cause.remedy()).endsWith("then ask for the update again.");
    assertThat(rooms.cause("sound", failure)).isSameAs(failure);
    assertThat(rooms.cause("ended", failure)).isSameAs(failure);
    rooms.end("full");
    rooms.end("sound");
  }

  private static final class Guests implements Step<String, String> {
    @Override
    public String name() {
      return "Apply";
    }

    @Override
    public String run(String input, StepControl control) {
      return input;
    }

    @Override
    public String remedy(String input, String reason) {
      return "Repair the image.";
    }
  }

  private ServerRoom room(long mark) throws Exception {
    return new ServerRoom(
        reservations.reserve(directory, 0),
        new FreeSpace(directory, mark),
        List.of(directory.resolve("overlay")));
  }
}
