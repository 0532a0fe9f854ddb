package dev.regild.policy.notice;

import dev.regild.db.Database;
import dev.regild.event.Events;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.policy.notice.Deliveries.Delivery;
import dev.regild.policy.notice.Sender.FailedDeliveryException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers events to those who want to be told, from the database, so that nobody who makes
 * something happen waits for them. Of several nodes, one delivers at a time. An event may come
 * twice if a process ends in between; its id is the same.
 */
public final class Courier implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Courier.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  /** To find what has become out of date takes a look at every image that is. */
  private static final Duration BETWEEN_ANNOUNCEMENTS = Duration.ofSeconds(10);

  private static final Duration KEPT = Duration.ofDays(90);
  private static final Duration BETWEEN_PRUNINGS = Duration.ofHours(1);
  private static final int BATCH = 500;

  /** Of one notice at a time, so that one that is slow keeps nobody else waiting. */
  private static final int TOGETHER = 4;

  private static final int ALL_TOGETHER = 64;

  private final Database database;
  private final Notices notices;
  private final Sender webhooks;
  private final Optional<Sender> mail;
  private final Clock clock;
  private final Set<String> busy = ConcurrentHashMap.newKeySet();
  private final Semaphore places = new Semaphore(ALL_TOGETHER);
  private final ExecutorService rounds = Executors.newVirtualThreadPerTaskExecutor();
  private final RecurringWork work;
  private Instant pruned;
  private Instant announced = Instant.EPOCH;

  public Courier(
      Database database,
      Notices notices,
      Addresses addresses,
      Optional<MailServer> mail,
      Turns turns,
      Clock clock) {
    this(database, notices, new Webhooks(addresses), mail.map(Mails::new), turns, clock);
  }

  Courier(
      Database database,
      Notices notices,
      Sender webhooks,
      Optional<Sender> mail,
      Turns turns,
      Clock clock) {
    this.database = database;
    this.notices = notices;
    this.webhooks = webhooks;
    this.mail = mail;
    this.clock = clock;
    this.pruned = clock.instant();
    this.work =
        new RecurringWork("notices", RecurringWork.Pauses.of(BETWEEN_LOOKS), turns, this::look);
  }

  /** Starts delivering, until it is closed. */
  public void start() {
    work.start();
  }

  /** Takes up what is new, and begins to deliver what is due. For one thread. */
  void look() {
    Instant now = clock.instant();
    // A clock that was put back does not keep it waiting.
    if (Duration.between(announced, now).abs().compareTo(BETWEEN_ANNOUNCEMENTS) >= 0) {
      // Looked for beside writers, since there is seldom any.
      boolean all =
          !database.read(Deliveries::areUpdatesToAnnounce)
              || database.inTransaction(handle -> Deliveries.announceUpdates(handle, now, BATCH));
      announced = all ? now : announced;
    }
    for (Notice notice : database.read(Notices::all)) {
      database.useTransaction(handle -> Deliveries.takeUp(handle, notice, BATCH));
      if (busy.add(notice.id())) {
        rounds.execute(() -> {
          try {
            round(notice);
          } finally {
            busy.remove(notice.id());
          }
        });
      }
    }
    if (now.isAfter(pruned.plus(BETWEEN_PRUNINGS))) {
      database.useTransaction(handle -> {
        Events.forget(handle, now.minus(KEPT));
        Deliveries.forget(handle);
      });
      pruned = now;
    }
  }

  private void round(Notice notice) {
    try {
      List<Delivery> due =
          database.read(handle -> Deliveries.due(handle, notice, clock.instant(), TOGETHER));
      try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
        due.forEach(delivery -> each.execute(() -> deliver(notice, delivery)));
      }
    } catch (RuntimeException e) {
      notDelivered(notice, e);
    }
  }

  private void deliver(Notice notice, Delivery delivery) {
    try {
      places.acquire();
      try {
        send(notice, delivery);
        database.useTransaction(handle -> Deliveries.succeeded(handle, delivery));
      } catch (FailedDeliveryException e) {
        failed(notice, delivery, String.valueOf(e.getMessage()));
      } catch (RuntimeException e) {
        failed(notice, delivery, e.toString());
      } finally {
        places.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // What became of it could not be written, so it is tried again.
      notDelivered(notice, e);
    }
  }

  private static void notDelivered(Notice notice, RuntimeException e) {
    LOG.atWarn()
        .addKeyValue("notice", notice.name())
        .addKeyValue("reason", e.toString())
        .log("events were not delivered");
  }

  private void send(Notice notice, Delivery delivery)
      throws FailedDeliveryException, InterruptedException {
    Sender sender =
        notice.spec().isMail()
            ? mail.orElseThrow(() ->
                new FailedDeliveryException(
                    "This server sends no e-mail any more. The operator can set mail.server."))
            : webhooks;
    sender.send(notice.spec().to(), notices.secret(notice), delivery.event(), clock.instant());
  }

  private void failed(Notice notice, Delivery delivery, String problem) {
    boolean again =
        database.inTransaction(
            handle -> Deliveries.failed(handle, delivery, problem, clock.instant()));
    LOG.atWarn()
        .addKeyValue("notice", notice.name())
        .addKeyValue("account", notice.owner().accountId())
        .addKeyValue("event", delivery.event().id())
        .addKeyValue("reason", problem)
        .log(again ? "an event was not delivered" : "an event was given up");
  }

  /** Waits until no delivery is under way. */
  void awaitIdle() throws InterruptedException {
    while (!busy.isEmpty()) {
      Thread.sleep(1);
    }
  }

  @Override
  public void close() {
    rounds.shutdownNow();
    work.close();
  }
}
