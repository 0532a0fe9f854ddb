package dev.regild.console;

import java.util.Locale;

/**
 * What a page says of the request before it. The address names one, so nobody else's words show.
 */
public enum Notices {
  DELETED("The image is being deleted."),
  CANCELLED("The job was cancelled."),
  TAGGED("The tags were saved."),
  PERMITTED("The permissions were saved."),
  COPIED("The copy was accepted."),
  EXPORTED("The export was accepted."),
  REVOKED("The session was ended."),
  LOGGED_OUT("You are logged out."),
  LOGGED_OUT_THERE("You are logged out, here and at the provider."),
  LOGGED_OUT_HERE(
      "You are logged out here, but the provider may still log you in without a password."),
  UP_TO_DATE("The image is up to date; nothing was created."),
  REFRESHING("The channel is being refreshed; this page shows the result."),
  DISK_DELETED("The disk was deleted."),
  VIEW_SAVED("The view was saved. It is above the filter."),
  VIEW_REMOVED("The view was removed."),
  CHANNEL_ADDED("The channel was added; its first snapshot is being made."),
  CATALOGUE_CHANGED("The catalogue was changed."),
  DRAINED("The node takes no new jobs; running jobs continue."),
  RESUMED("The node takes jobs again."),
  KEY_CHANGED("The access key was changed."),
  KEY_DELETED("The access key was deleted."),
  QUOTAS_SAVED("The quotas were saved."),
  CHANNEL_REMOVED("The channel was removed."),
  ACCOUNT_CHANGED("The account was changed."),
  UPLOAD_DISCARDED("The upload was discarded."),
  LINE_CHANGED("The line was changed."),
  ALIAS_MOVED("The alias was moved."),
  ALIAS_REMOVED("The alias was removed. Its history stays."),
  SCHEDULE_SAVED("The schedule was saved."),
  SCHEDULE_CHANGED("The schedule was changed."),
  SCHEDULE_RAN("The schedule has looked at its lines. The last run says what it decided."),
  SCHEDULE_REMOVED("The schedule was removed."),
  RING_SAVED("The ring was saved."),
  RING_PROMOTED("The ring has the new snapshot."),
  RING_ROLLED_BACK("The ring has its earlier snapshot again."),
  RING_REMOVED("The ring was removed. Its history stays."),
  RETENTION_SAVED("The retention policy was saved."),
  RETENTION_REMOVED("The retention policy was removed."),
  RESTORED("The image was restored. It has the tag regild:keep now."),
  IMAGES_REVOKED("The images were revoked."),
  REVOCATION_UNDONE("The revocation was undone."),
  NOTICE_REMOVED("The notice was removed.");

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
