package dev.regild.image;

/** CUSTOM is what an owner imported or updated, NATIVE what the service provides. */
public enum ImageType {
  CUSTOM,
  NATIVE
}
