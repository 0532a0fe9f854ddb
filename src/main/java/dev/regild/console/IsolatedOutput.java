package dev.regild.console;

import gg.jte.TemplateOutput;
import gg.jte.html.OwaspHtmlTemplateOutput;
import org.jspecify.annotations.Nullable;

/**
 * Writes texts of strangers so that they stay texts: beside what HTML gives a meaning to, the
 * characters that change the direction of a line, or can't be seen, become visible ones.
 */
final class IsolatedOutput extends OwaspHtmlTemplateOutput {
  IsolatedOutput(TemplateOutput output) {
    super(output);
  }

  @Override
  public void writeUserContent(@Nullable String value) {
    super.writeUserContent(value == null ? null : visible(value));
  }

  /** A text in which every character can be seen. */
  static String visible(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isHidden(text.charAt(i))) {
        return replaced(text);
      }
    }
    return text;
  }

  private static String replaced(String text) {
    StringBuilder visible = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      visible.append(isHidden(c) ? '\uFFFD' : c);
    }
    return visible.toString();
  }

  /** Controls but tab and line feed, and marks of direction, joining and order of bytes. */
  private static boolean isHidden(char c) {
    return (c < ' ' && c != '\t' && c != '\n')
        || (c >= 0x7F && c <= 0x9F)
        || (c >= 0x200B && c <= 0x200F)
        || (c >= 0x2028 && c <= 0x202E)
        || (c >= 0x2060 && c <= 0x206F)
        || c == 0x061C
        || c == 0xFEFF;
  }
}
