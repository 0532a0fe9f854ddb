package dev.regild.api;

import dev.regild.image.Owner;
import java.util.Optional;

/**
 * Lets everybody in, with any key and any signature or none: for a machine that nobody else can
 * reach.
 */
public final class OpenDoor implements Authentication {
  /** The account of everybody. */
  public static final String ACCOUNT = "000000000000";

  private final String defaultRegion;

  /**
   * For one machine.
   *
   * @param defaultRegion the region of requests that carry no credential scope
   */
  public OpenDoor(String defaultRegion) {
    this.defaultRegion = defaultRegion;
  }

  @Override
  public Claim examine(HttpCall call) {
    Caller everybody =
        new Caller(new Owner(ACCOUNT, region(call).orElse(defaultRegion)), "", false, false);
    return _ -> everybody;
  }

  private static Optional<String> region(HttpCall call) {
    if (!call.headers().containsKey("authorization")) {
      return Optional.empty();
    }
    try {
      return Optional.of(AuthorizationHeader.of(call).scope().region());
    } catch (ApiException e) {
      // Whatever stands there, it need not be a signature.
      return Optional.empty();
    }
  }
}
