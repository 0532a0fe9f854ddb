package dev.regild.console.policy.view;

/** The parts of the section about policies, in the order of their navigation. */
public enum PolicyPart {
  LINES("Lines and aliases", "/console/policies"),
  SCHEDULES("Schedules", "/console/schedules"),
  RINGS("Rings", "/console/rings"),
  RETENTION("Retention", "/console/retention"),
  REVOCATION("Revocation", "/console/revocations"),
  EVENTS("Events", "/console/events"),
  NOTICES("Notices", "/console/notices");

  private final String label;
  private final String href;

  PolicyPart(String label, String href) {
    this.label = label;
    this.href = href;
  }

  public String label() {
    return label;
  }

  public String href() {
    return href;
  }
}
