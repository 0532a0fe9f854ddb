package dev.regild.channel;

import dev.regild.fetch.Route;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Where packages come from, in the terms of their package manager. */
public interface PackageSource {
  /** The package system of what it offers. */
  PackageSystem system();

  /** The main architecture of the machines that it is for, in the package manager's words. */
  String architecture();

  /** Returns its kind in a channel's file. */
  default String kind() {
    return system().sourceKind();
  }

  /** Returns its keys in a channel's file, without its kind and its route. */
  Map<String, Object> keys();

  /** Returns what {@code regild channel show} says of it, in a line. */
  String text();

  /** Returns whether anybody on the way to its servers can change what they say. */
  default boolean isInsecure() {
    return false;
  }

  /**
   * Returns whether the files that updates of the images would ask for are downloaded after a
   * refresh already.
   */
  default boolean fetchesAhead() {
    return false;
  }

  /** Returns how often its servers are asked, where the channel's file does not say. */
  default Duration refreshInterval() {
    return Channel.DEFAULT_REFRESH_INTERVAL;
  }

  /** How the servers that it names are reached. */
  Route route();

  /**
   * The URI below which its servers are shown the channel's client certificate; empty if they are
   * shown none.
   *
   * @param platform of the channel
   */
  default Optional<String> certificateScope(String platform) {
    return Optional.empty();
  }
}
