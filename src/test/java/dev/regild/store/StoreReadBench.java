package dev.regild.store;

import dev.regild.files.Sha256;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/**
 * Compares how fast an object of a real S3 server arrives, verified, with what curl gets. Run by
 * bench/store.sh.
 */
final class StoreReadBench {
  private static final int ROUNDS = 5;

  private StoreReadBench() {}

  /**
   * Measures.
   *
   * @param args a directory with room for three times the object, and the object's size in MiB
   */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    int mebibytes = Integer.parseInt(args[1]);
    Path file = directory.resolve("object");
    byte[] mebibyte = new byte[1 << 20];
    Random random = new Random(1);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < mebibytes; i++) {
        random.nextBytes(mebibyte);
        out.write(mebibyte);
      }
    }
    String sha256 = Sha256.of(file);
    long bytes = Files.size(file);
    try (S3Proxy server = S3Proxy.start(directory.resolve("s3"));
        ObjectStore store = S3Proxy.store(server.endpoint(), "bench", StoreLimits.DEFAULT)) {
      store.write("object", file, sha256);
      Files.delete(file);
      double[] curl = new double[ROUNDS];
      double[] ours = new double[ROUNDS];
      for (int round = -1; round < ROUNDS; round++) {
        double byCurl = rate(bytes, () -> curl(server, directory.resolve("back")));
        double byUs =
            rate(
                bytes,
                () -> {
                  Path back = directory.resolve("back");
                  if (!store.read("object", bytes, back).equals(sha256)) {
                    throw new IllegalStateException("the object arrived damaged");
                  }
                  // As curl's file: what stays is written to the disk meanwhile.
                  Files.delete(back);
                });
        // The first round only warms both up.
        if (round >= 0) {
          curl[round] = byCurl;
          ours[round] = byUs;
        }
      }
      Arrays.sort(curl);
      Arrays.sort(ours);
      System.out.printf(
          "object of %d MiB, medians of %d: curl %.0f MiB/s, read and verified %.0f MiB/s, ratio %.2f%n",
          mebibytes,
          ROUNDS,
          curl[ROUNDS / 2],
          ours[ROUNDS / 2],
          ours[ROUNDS / 2] / curl[ROUNDS / 2]);
    }
  }

  private interface Read {
    void run() throws Exception;
  }

  private static double rate(long bytes, Read read) throws Exception {
    long start = System.nanoTime();
    read.run();
    return bytes / 1048576.0 / ((System.nanoTime() - start) / 1e9);
  }

  private static void curl(S3Proxy server, Path target) throws Exception {
    Map<String, String> key = S3Proxy.credentials();
    Process curl =
        new ProcessBuilder(
                "curl",
                "-sSf",
                "--aws-sigv4",
                "aws:amz:us-east-1:s3",
                "--user",
                key.get("AWS_ACCESS_KEY_ID") + ":" + key.get("AWS_SECRET_ACCESS_KEY"),
                "-H",
                "x-amz-content-sha256: UNSIGNED-PAYLOAD",
                "-o",
                target.toString(),
                server.endpoint() + "/" + S3Proxy.BUCKET + "/bench/object")
            .inheritIO()
            .start();
    if (curl.waitFor() != 0) {
      throw new IllegalStateException("curl failed");
    }
    Files.delete(target);
  }
}
