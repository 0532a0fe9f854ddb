package dev.regild.plan;

/** What a change is about, in the words of the call that asks for it. */
public enum ChangeKind {
  OS,
  DRIVER,
  AGENT
}
