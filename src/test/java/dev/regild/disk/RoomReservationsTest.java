package dev.regild.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.RoomReservations.Reservation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoomReservationsTest {
  private final AtomicLong free = new AtomicLong(1000);
  private final RoomReservations room = new RoomReservations(100, _ -> free.get());

  @TempDir Path directory;

  @Test
  void twoWritersAreNotPromisedTheSameBytes() throws Exception {
    try (Reservation first = room.reserve(directory, 600)) {
      assertThatThrownBy(() -> room.reserve(directory, 301))
          .isInstanceOf(NoRoomException.class)
          .hasMessage(
              "%s has no room for 301 B: 1000 B are free, of which 600 B are reserved and 100 B must stay free. Delete images or disks, or enlarge the file system."
                  .formatted(directory));
      room.reserve(directory, 300).close();
      assertThat(first.left()).isEqualTo(600);
    }
    room.reserve(directory, 900).close();
  }

  @Test
  void whatIsWrittenIsNotCountedTwice() throws Exception {
    try (Reservation first = room.reserve(directory, 600)) {
      free.addAndGet(-400);
      first.written(400);
      // 600 are free, 200 promised, 100 must stay.
      room.reserve(directory, 300).close();
      assertThatThrownBy(() -> room.reserve(directory, 301)).isInstanceOf(NoRoomException.class);
    }
  }

  @Test
  void fileOfUnknownLengthIsStoppedWhereTheRoomEnds() throws Exception {
    try (Reservation upload = room.reserve(directory, 0)) {
      upload.extend(900);
      assertThatThrownBy(() -> upload.extend(1)).isInstanceOf(NoRoomException.class);
      assertThat(upload.left()).isEqualTo(900);
      upload.written(500);
      free.addAndGet(-500);
      assertThatThrownBy(() -> upload.extend(1)).isInstanceOf(NoRoomException.class);
    }
  }

  @Test
  void writingMoreThanWasPromisedGivesNothingBackThatOthersWerePromised() throws Exception {
    try (Reservation second = room.reserve(directory, 400)) {
      try (Reservation first = room.reserve(directory, 400)) {
        first.written(5000);
      }
      assertThat(second.left()).isEqualTo(400);
      assertThatThrownBy(() -> room.reserve(directory, 501)).isInstanceOf(NoRoomException.class);
    }
  }

  @Test
  void absurdLengthIsRefused() {
    assertThatThrownBy(() -> room.reserve(directory, Long.MAX_VALUE))
        .isInstanceOf(NoRoomException.class);
    assertThatThrownBy(() -> room.reserve(directory, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void reservationsAtOnceNeverExceedWhatIsFree() throws Exception {
    List<Callable<Boolean>> asking = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      asking.add(() -> {
        try {
          room.reserve(directory, 100);
          return true;
        } catch (NoRoomException e) {
          return false;
        }
      });
    }
    int got = 0;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Boolean> answer : threads.invokeAll(asking)) {
        got += answer.get() ? 1 : 0;
      }
    }
    assertThat(got).isEqualTo(9);
  }

  @Test
  void realFileSystemIsAsked() throws Exception {
    new RoomReservations().reserve(directory, 1).close();
    assertThatThrownBy(() -> new RoomReservations().reserve(directory, 1L << 60))
        .isInstanceOf(NoRoomException.class);
  }
}
