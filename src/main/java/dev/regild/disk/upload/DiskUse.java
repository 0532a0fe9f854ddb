package dev.regild.disk.upload;

import org.jdbi.v3.core.Handle;

/**
 * What an account has of the store: its disks, and the uploads that are under way on any node.
 *
 * @param disks their number
 * @param bytes of them, and what uploads have declared or received
 */
record DiskUse(String account, int disks, long bytes) {

  static DiskUse of(Handle handle, String account) {
    return handle
        .createQuery(
            """
            SELECT COUNT(*) AS disks, COALESCE(SUM(bytes), 0) AS bytes FROM (
              SELECT bytes
                FROM disk JOIN stored_object ON stored_object.name = disk.object
               WHERE account_id = :account
              UNION ALL
              SELECT COALESCE(declared, received) AS bytes FROM upload WHERE account_id = :account
            ) AS used
            """)
        .bind("account", account)
        .map((row, _) -> new DiskUse(account, row.getInt("disks"), row.getLong("bytes")))
        .one();
  }

  /**
   * Looks whether one more disk fits.
   *
   * @throws DiskQuotaException if it does not
   */
  void requireRoom(DiskQuota quota, long more) throws DiskQuotaException {
    if (disks >= quota.disks()) {
      throw new DiskQuotaException(
          "The quota of disks is %d, and the account %s has %d. Delete one, or ask for a higher quota."
              .formatted(quota.disks(), account, disks));
    }
    requireMoreBytes(quota, more);
  }

  /**
   * Looks whether a disk that is counted already may grow.
   *
   * @throws DiskQuotaException if it may not
   */
  void requireMoreBytes(DiskQuota quota, long more) throws DiskQuotaException {
    if (more > quota.bytes() - bytes) {
      throw new DiskQuotaException(
          "The quota of disks is %d GiB, and with this one the account %s would have more (it has %d MiB). Delete one, or ask for a higher quota."
              .formatted(quota.bytes() >> 30, account, bytes >> 20));
    }
  }
}
