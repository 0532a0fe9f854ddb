package dev.regild.plan;

import java.util.List;

/**
 * Why a package is updated, as far as its repositories say.
 *
 * @param security whether one of the versions that are passed or reached fixes a security problem
 * @param advisories of those versions, by id
 */
public record UpdateReasons(boolean security, List<Advisory> advisories) {
  public UpdateReasons {
    advisories = List.copyOf(advisories);
  }
}
