package dev.regild.windows.upstream;

import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.fetch.FetchException;
import dev.regild.files.FileTree;
import dev.regild.files.Parallel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fetches documents, four batches at a time, and keeps what they say. What a server leaves out of
 * an answer is asked for again; what it does not have is noted, and not asked for again at once.
 */
final class DocumentFetch {
  private static final int AT_ONCE = 4;

  /** Documents are read in parts: a server that fails for many of them is broken. */
  static final int MOST_FAILURES = 50;

  static final String WORK = ".upstream-";

  /** Microsoft's words: {@code Missing Revisions: 7b6d13c6-….200 …}. */
  private static final Pattern MISSING =
      Pattern.compile("([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\\.([0-9]{1,9})");

  private final ServerSync server;
  private final Session session;
  private final FactStore facts;
  private final Path directory;
  private final RefreshOptions options;
  private final Set<RevisionId> missing = ConcurrentHashMap.newKeySet();
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();
  private int total;

  /**
   * @param directory of the channel, for files that are in work
   */
  DocumentFetch(
      ServerSync server, Session session, FactStore facts, Path directory, RefreshOptions options) {
    this.server = server;
    this.session = session;
    this.facts = facts;
    this.directory = directory;
    this.options = options;
  }

  /**
   * Fetches documents; each batch is kept as soon as it is there.
   *
   * @param most documents in one request
   * @return those that the server does not have
   */
  Set<RevisionId> run(Collection<RevisionId> wanted, int most)
      throws SyncFault, FetchException, IOException, InterruptedException {
    total = wanted.size();
    List<RevisionId> all = List.copyOf(wanted);
    List<Parallel.Task<Boolean, SyncOrFetch>> tasks = new ArrayList<>();
    for (int from = 0; from < all.size(); from += most) {
      Set<RevisionId> batch =
          new LinkedHashSet<>(all.subList(from, Math.min(all.size(), from + most)));
      tasks.add(() -> {
        try {
          fetch(batch);
          return true;
        } catch (SyncFault | FetchException e) {
          throw new SyncOrFetch(e);
        }
      });
    }
    try {
      var _ = Parallel.run(AT_ONCE, tasks);
    } catch (SyncOrFetch e) {
      switch (e.getCause()) {
        case SyncFault fault -> throw fault;
        case FetchException failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    }
    return missing;
  }

  private static final class SyncOrFetch extends Exception {
    private static final long serialVersionUID = 1;

    SyncOrFetch(Exception cause) {
      super(cause);
    }
  }

  private void fetch(Set<RevisionId> batch)
      throws SyncFault, FetchException, IOException, InterruptedException {
    Map<RevisionId, UpdateFacts> got;
    try {
      got = ask(batch);
    } catch (SyncFault fault) {
      retry(batch, fault);
      return;
    }
    facts.add(got.values());
    done.addAndGet(got.size());
    report();
    Set<RevisionId> rest = new LinkedHashSet<>(batch);
    rest.removeAll(got.keySet());
    if (rest.isEmpty()) {
      return;
    }
    if (!got.isEmpty()) {
      fetch(rest);
    } else if (rest.size() > 1) {
      halves(rest);
    } else {
      requireFew(rest);
      miss(rest);
    }
  }

  /** What is missed is not asked for again, so a server that answers nothing for many is broken. */
  private void requireFew(Set<RevisionId> rest) throws FetchException {
    if (failures.incrementAndGet() > MOST_FAILURES) {
      throw new FetchException(
          "%s lists more than %d documents that it does not give out, the last is %s; check the server, and refresh the channel again"
              .formatted(server.root(), MOST_FAILURES, rest.iterator().next()));
    }
  }

  private Map<RevisionId, UpdateFacts> ask(Set<RevisionId> batch)
      throws SyncFault, FetchException, IOException, InterruptedException {
    Path work = Files.createDirectory(directory.resolve(WORK + UUID.randomUUID()));
    try {
      DocumentBatch answer = new DocumentBatch(work, batch);
      var _ =
          session.call(cookie -> {
            server.documents(cookie, batch, answer::read);
            return true;
          });
      return answer.facts();
    } finally {
      FileTree.remove(work);
    }
  }

  private void retry(Set<RevisionId> batch, SyncFault fault)
      throws SyncFault, FetchException, IOException, InterruptedException {
    Set<RevisionId> named = named(fault.said());
    named.retainAll(batch);
    if (!named.isEmpty()) {
      miss(named);
      Set<RevisionId> rest = new LinkedHashSet<>(batch);
      rest.removeAll(named);
      if (!rest.isEmpty()) {
        fetch(rest);
      }
    } else if (!fault.is(SyncFault.INTERNAL_ERROR) && !fault.is(SyncFault.INVALID_PARAMETERS)) {
      throw fault;
    } else if (batch.size() > 1) {
      halves(batch);
    } else if (fault.is(SyncFault.INTERNAL_ERROR) && failures.incrementAndGet() <= MOST_FAILURES) {
      miss(batch);
    } else {
      throw fault;
    }
  }

  private static Set<RevisionId> named(String said) {
    Set<RevisionId> named = new LinkedHashSet<>();
    Matcher matcher = MISSING.matcher(said);
    while (matcher.find()) {
      named.add(
          new RevisionId(UUID.fromString(matcher.group(1)), Integer.parseInt(matcher.group(2))));
    }
    return named;
  }

  private void halves(Set<RevisionId> batch)
      throws SyncFault, FetchException, IOException, InterruptedException {
    List<RevisionId> all = List.copyOf(batch);
    int middle = all.size() / 2;
    fetch(new LinkedHashSet<>(all.subList(0, middle)));
    fetch(new LinkedHashSet<>(all.subList(middle, all.size())));
  }

  private void miss(Set<RevisionId> those) {
    missing.addAll(those);
    done.addAndGet(those.size());
    report();
  }

  private void report() {
    options.onProgress().accept(new Progress("reading documents", done.get(), total));
  }
}
