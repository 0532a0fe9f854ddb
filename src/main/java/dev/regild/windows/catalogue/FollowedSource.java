package dev.regild.windows.catalogue;

import dev.regild.channel.PackageSource;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import java.time.Duration;

/** A source of a Windows channel from which a refresh brings packages. */
public interface FollowedSource extends PackageSource {
  @Override
  String kind();

  @Override
  default PackageSystem system() {
    return PackageSystems.installed().ofKind(kind());
  }

  /** Vendors publish once a day at most. */
  @Override
  default Duration refreshInterval() {
    return Duration.ofDays(1);
  }
}
