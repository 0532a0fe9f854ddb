package dev.regild.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.image.Owner;
import dev.regild.image.quota.Quota;
import dev.regild.server.http.AccountSlots.Slot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccountSlotsTest {
  @Test
  void allAccountsTogetherHaveALimitThatIsNoFaultOfTheirs() {
    AccountSlots slots = new AccountSlots(Quota.DOWNLOADS, _ -> 2, 3);
    Slot first = slots.take(caller("000000000001", "a", false));
    assertThat(slots.take(caller("000000000001", "a", false))).isNotNull();
    assertThat(slots.take(caller("000000000002", "b", false))).isNotNull();
    Caller other = caller("000000000003", "c", false);
    assertRefused(
        slots,
        other,
        ErrorType.SERVICE_UNAVAILABLE,
        "The server is already running as many downloads");
    first.close();
    assertThat(slots.take(other)).isNotNull();
    assertRefused(
        slots,
        other,
        ErrorType.SERVICE_UNAVAILABLE,
        "The server is already running as many downloads");
  }

  @Test
  void aReadOnlyKeyHasHalfRoundedUpAndAnotherTheOtherHalf() {
    for (int limit = 0; limit < 6; limit++) {
      int quota = limit;
      AccountSlots slots = new AccountSlots(Quota.EVENT_STREAMS, _ -> quota, 100);
      assertThat(takenUntilRefused(slots, caller("000000000001", "a", true)))
          .isEqualTo((limit + 1) / 2);
      assertThat(takenUntilRefused(slots, caller("000000000001", "b", true))).isEqualTo(limit / 2);
    }
  }

  @Test
  void aKeyThatMayChangeHasAllOfItsAccountsAndGivesThemBack() {
    AccountSlots slots = new AccountSlots(Quota.EVENT_STREAMS, _ -> 5, 100);
    Caller caller = caller("000000000001", "a", false);
    List<Slot> taken = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      taken.add(slots.take(caller));
    }
    assertRefused(slots, caller, ErrorType.THROTTLING, "and the account 000000000001 has 5");
    taken.forEach(Slot::close);
    assertThat(takenUntilRefused(slots, caller)).isEqualTo(5);
  }

  private static int takenUntilRefused(AccountSlots slots, Caller caller) {
    for (int taken = 0; ; taken++) {
      try {
        assertThat(slots.take(caller)).isNotNull();
      } catch (ApiException e) {
        assertThat(e.type()).isEqualTo(ErrorType.THROTTLING);
        return taken;
      }
    }
  }

  private static void assertRefused(
      AccountSlots slots, Caller caller, ErrorType type, String message) {
    assertThatThrownBy(() -> slots.take(caller))
        .isInstanceOfSatisfying(
            ApiException.class, refused -> assertThat(refused.type()).isEqualTo(type))
        .hasMessageContaining(message);
  }

  private static Caller caller(String account, String key, boolean readOnly) {
    return new Caller(new Owner(account, "us-east-1"), key, readOnly, false);
  }
}
