package dev.regild.server.disks;

import dev.regild.db.Database;
import dev.regild.disk.upload.DiskQuota;
import dev.regild.image.quota.Quota;
import dev.regild.image.quota.Quotas;

/** How many disks each account may keep, as the registry says now. */
public record DiskQuotas(Database database, Quotas quotas) {
  DiskQuota of(String account) {
    return database.read(handle ->
        new DiskQuota(
            quotas.limitOf(handle, account, Quota.DISKS),
            (long) quotas.limitOf(handle, account, Quota.DISK_GIB) << 30));
  }
}
