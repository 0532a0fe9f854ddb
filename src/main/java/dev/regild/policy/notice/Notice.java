package dev.regild.policy.notice;

import dev.regild.image.Owner;
import java.util.Map;

/**
 * Who is told of events, and how that goes.
 *
 * @param sealed what deliveries are signed with, encrypted
 * @param seen the number of the last event that was looked at
 * @param delivered how many events were accepted
 * @param givenUp how many were not accepted for a day
 * @param problem why an event that is still to be delivered was not accepted; empty if there is
 *     none
 * @param waiting how many are still to be delivered
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Notice(
    String id,
    Owner owner,
    String name,
    NoticeSpec spec,
    byte[] sealed,
    long seen,
    long delivered,
    long givenUp,
    String problem,
    long waiting) {

  /** Returns its spec in canonical form. */
  public Map<String, Object> canonical() {
    return spec.canonical();
  }
}
