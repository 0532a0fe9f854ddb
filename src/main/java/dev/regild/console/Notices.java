package dev.regild.console;

import java.util.Locale;

/**
 * What a page says of the request before it. The address names one, so nobody else's words show.
 */
enum Notices {
  DELETED("The image is being deleted."),
  CANCELLED("The job was cancelled."),
  TAGGED("The tags were saved."),
  PERMITTED("The permissions were saved."),
  REVOKED("The session was ended."),
  LOGGED_OUT("You are logged out."),
  UP_TO_DATE("The image is up to date; nothing was created."),
  REFRESHING("The channel is being refreshed; this page shows how that ends."),
  DISK_DELETED("The disk was deleted.");

  private final String text;

  Notices(String text) {
    this.text = text;
  }

  String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The words for a code; empty if it is none of ours. */
  static String text(String code) {
    for (Notices each : values()) {
      if (each.code().equals(code)) {
        return each.text;
      }
    }
    return "";
  }
}
