package dev.regild.image.builder;

/** The states of an image builder that an update goes through. */
public enum ImageBuilderState {
  UPDATING,
  PENDING_QUALIFICATION
}
