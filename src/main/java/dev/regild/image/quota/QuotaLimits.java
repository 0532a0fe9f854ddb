package dev.regild.image.quota;

import java.util.EnumMap;
import java.util.Map;

/**
 * How much an owner may have, unless its account has a limit of its own.
 *
 * @param values by quota; one that isn't there has its default
 */
public record QuotaLimits(Map<Quota, Integer> values) {
  public QuotaLimits {
    var complete = new EnumMap<Quota, Integer>(Quota.class);
    for (Quota quota : Quota.values()) {
      complete.put(quota, quota.requireFit(values.getOrDefault(quota, quota.byDefault())));
    }
    values = Map.copyOf(complete);
  }

  /** The limit of that quota. */
  public int of(Quota quota) {
    return values.getOrDefault(quota, quota.byDefault());
  }
}
