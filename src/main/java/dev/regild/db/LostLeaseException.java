package dev.regild.db;

/** Another attempt of the same job has begun, so this one may record nothing any more. */
public final class LostLeaseException extends RuntimeException {
  LostLeaseException(String kind, String id) {
    super("Another attempt of the job %s %s has begun; this one ends.".formatted(kind, id));
  }
}
