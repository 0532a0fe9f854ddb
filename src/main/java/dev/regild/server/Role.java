package dev.regild.server;

/** What a process does. */
public enum Role {
  /** Answers requests and runs jobs. */
  SERVE("serve"),
  /** Only answers requests; other nodes run the jobs. */
  SERVE_WITHOUT_JOBS("serve --no-jobs"),
  /** Only runs jobs; answers health checks and metrics. */
  WORKER("worker");

  private final String words;

  Role(String words) {
    this.words = words;
  }

  /** Returns how it is started. */
  String words() {
    return words;
  }

  boolean runsJobs() {
    return this != SERVE_WITHOUT_JOBS;
  }
}
