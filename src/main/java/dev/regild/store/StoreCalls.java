package dev.regild.store;

import dev.regild.db.Database;
import dev.regild.machine.Deadline;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Makes calls to a store, and repeats a call for a while if the store is unreachable, busy or slow.
 * The SDK's own retries are off: they count attempts and give up after seconds, while an outage
 * takes minutes.
 */
final class StoreCalls {
  private static final Logger LOG = LoggerFactory.getLogger(StoreCalls.class);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final StoreLocation location;
  private final Duration patience;

  StoreCalls(StoreLocation location, Duration patience) {
    this.location = location;
    this.patience = patience;
  }

  /** One call. */
  @FunctionalInterface
  interface Call<T> {
    T make() throws IOException;
  }

  /**
   * Makes a call.
   *
   * @param purpose for the message: {@code write layers/x}
   * @throws MissingObjectException if the store has no such object
   * @throws TakenKeyException if the call's condition is not met
   * @throws StoreException if the store refused the call otherwise, or did not answer in time
   * @throws LocalFileException if a file of this machine can't be sent or written
   */
  <T> T make(String purpose, Call<T> call) throws IOException, InterruptedException {
    assert Database.isOutsideTransactions() : "a call to the store inside a transaction";
    Deadline deadline = Deadline.in(patience);
    Duration pause = FIRST_PAUSE;
    while (true) {
      try {
        return call.make();
      } catch (StoreException e) {
        throw e;
      } catch (IOException | UncheckedIOException | SdkException thrown) {
        Exception e = unwrapped(thrown);
        requireNotInterrupted(e);
        requireNotLocal(e);
        if (!isPassing(e) || deadline.isOver()) {
          throw failure(purpose, e);
        }
        LOG.atWarn()
            .addKeyValue("store", location)
            .addKeyValue("call", purpose)
            .addKeyValue("reason", words(e))
            .log("a call to the store is repeated");
      } catch (RuntimeException e) {
        // The SDK's signer wraps what the body throws.
        requireNotLocal(e);
        throw e;
      }
      // Nodes that lost the store at the same moment must not all come back at the same moment.
      Thread.sleep(pause.plusMillis(ThreadLocalRandom.current().nextLong(pause.toMillis())));
      pause = pause.multipliedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }
  }

  /** Unwraps what the SDK's HTTP client has wrapped. */
  private static Exception unwrapped(Exception thrown) {
    return thrown instanceof UncheckedIOException
        ? Objects.requireNonNullElse((Exception) thrown.getCause(), thrown)
        : thrown;
  }

  private static void requireNotInterrupted(Exception e) throws InterruptedException {
    if (e instanceof AbortedException
        || Thread.interrupted()
        || (e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException))) {
      throw new InterruptedException();
    }
  }

  /**
   * A file that can't be read or written here is not the store's fault, and stays so however often
   * we ask.
   */
  private static void requireNotLocal(Exception e) throws LocalFileException {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof LocalFileException local) {
        throw local;
      }
    }
  }

  /** Whether the same call may succeed a little later. */
  private static boolean isPassing(Exception e) {
    return switch (e) {
      case AwsServiceException answer -> isPassing(answer);
      case ApiCallAttemptTimeoutException _, ApiCallTimeoutException _ -> true;
      case SdkException _ -> hasIoCause(e);
      default -> true;
    };
  }

  private static boolean isPassing(AwsServiceException answer) {
    String code = code(answer);
    return switch (answer.statusCode()) {
      // A missing feature or missing space is still missing a minute later.
      case 501, 505, 507 -> false;
      case 429, 408 -> true;
      case 400 -> code.equals("RequestTimeout");
      case 409 -> code.equals("ConditionalRequestConflict") || code.equals("OperationAborted");
      default -> answer.statusCode() >= 500;
    };
  }

  private static boolean hasIoCause(Throwable e) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof IOException) {
        return true;
      }
    }
    return false;
  }

  private StoreException failure(String purpose, Exception e) {
    String message =
        "The store %s could not %s%s: %s. Check it with: regild doctor --store"
            .formatted(
                location,
                purpose,
                isPassing(e) ? within() : "",
                words(e).replaceFirst("\\.+$", ""));
    if (e instanceof AwsServiceException answer) {
      if (answer.statusCode() == 404 && !code(answer).equals("NoSuchBucket")) {
        return new MissingObjectException(message, e);
      }
      // S3 refuses a write with 412, S3Mock with 304.
      if (answer.statusCode() == 412 || answer.statusCode() == 304) {
        return new TakenKeyException(message, e);
      }
    }
    return new StoreException(message, e);
  }

  private String within() {
    return " within %s s".formatted(patience.toSeconds());
  }

  /** Returns the store's own message, or else the connection's. */
  private static String words(Exception e) {
    if (e instanceof AwsServiceException answer) {
      String said =
          Optional.ofNullable(answer.awsErrorDetails())
              .map(AwsErrorDetails::errorMessage)
              .filter(text -> !text.isBlank())
              .map(text -> ": " + text)
              .orElse("");
      String code = code(answer);
      return "%d %s%s"
          .formatted(answer.statusCode(), code.isEmpty() ? phrase(answer) : code, said)
          .strip();
    }
    Throwable at = e;
    while (at instanceof SdkException && at.getCause() != null) {
      at = at.getCause();
    }
    return Objects.requireNonNullElse(at.getMessage(), at.toString());
  }

  /** Returns the status in words: a store that refuses a request by its head may send no body. */
  private static String phrase(AwsServiceException answer) {
    return switch (answer.statusCode()) {
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 405 -> "Method Not Allowed";
      case 413 -> "Content Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      case 504 -> "Gateway Timeout";
      case 507 -> "Insufficient Storage";
      default -> "";
    };
  }

  private static String code(AwsServiceException answer) {
    return Optional.ofNullable(answer.awsErrorDetails()).map(AwsErrorDetails::errorCode).orElse("");
  }
}
