package dev.regild.disk;

import java.util.function.LongSupplier;

/** Room on a file system of which a test says how much is free, whatever others do meanwhile. */
public final class GivenRoom {
  private GivenRoom() {}

  /**
   * Room for reservations.
   *
   * @param free the bytes that are free above what always stays so
   */
  public static RoomReservations of(LongSupplier free) {
    return new RoomReservations(
        RoomReservations.MARGIN_BYTES, _ -> free.getAsLong() + RoomReservations.MARGIN_BYTES);
  }
}
