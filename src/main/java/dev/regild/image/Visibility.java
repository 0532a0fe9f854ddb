package dev.regild.image;

/** Who sees an image, from the point of view of who asks. */
public enum Visibility {
  PUBLIC,
  PRIVATE,
  SHARED
}
