package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.inventory.GuestFiles;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** What a guest's rpm and its list of locks say is read, or refused. */
class RpmDatabaseFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            bash\t0\t4.4.20\t5.el8\tx86_64
            \tbash-4.4.20-5.el8.src.rpm\tExample\tShells\tGPLv3+
            and more
            rpm\t(none)\t4.14.3\t31.el8\tx86_64
            \0
            bash-0:4.4.20-5.el8.*
            *kernel*-0:4.18.0-513.el8.*
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    String text = new String(bytes, UTF_8);
    int end = text.indexOf('\0');
    String packages = end < 0 ? text : text.substring(0, end);
    byte[] locks = text.substring(end + 1).getBytes(UTF_8);
    try {
      RpmDatabase.read(
          new GuestFiles() {
            @Override
            public byte[] read(String path) {
              return locks;
            }

            @Override
            public boolean exists(String path) {
              return true;
            }

            @Override
            public String run(String... command) {
              return packages;
            }
          });
    } catch (IOException refused) {
      // As it should be.
    }
  }
}
