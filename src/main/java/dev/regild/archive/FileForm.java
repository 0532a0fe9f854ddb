package dev.regild.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The form of a package's file, by its first bytes; what its name says is not believed. */
public enum FileForm {
  CABINET("MSCF\0\0\0\0"),
  WIM("MSWIM\0\0\0"),
  ZIP("PK\3\4"),
  /** An OLE compound file, as Windows Installer's databases are. */
  INSTALLER("\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1"),
  OTHER("");

  private final String magic;

  FileForm(String magic) {
    this.magic = magic;
  }

  /** Of a file that is there; {@link #OTHER} if it has another form. */
  public static FileForm of(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      String start = new String(in.readNBytes(8), ISO_8859_1);
      for (FileForm form : values()) {
        if (start.startsWith(form.magic)) {
          return form;
        }
      }
    }
    return OTHER;
  }
}
