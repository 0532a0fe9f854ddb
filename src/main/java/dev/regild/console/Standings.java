package dev.regild.console;

import dev.regild.console.view.Standing;
import dev.regild.console.view.Words;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.update.verdict.Verdict;
import dev.regild.update.verdict.Verdicts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Finds whether images are up to date, as they were last judged. */
final class Standings {
  private static final Standing NOT_JUDGED = new Standing("dim", "Not judged yet", "");

  private Standings() {}

  /** How images stand, by id; lacks those that have no disk. */
  static Map<String, Standing> of(Handle handle, List<Image> images) {
    Map<String, Verdict> verdicts = Verdicts.find(handle, images);
    Map<String, Standing> standings = new HashMap<>();
    for (Image image : images) {
      if (image.disk().isPresent() && image.state() == ImageState.AVAILABLE) {
        Verdict verdict = verdicts.get(image.id());
        standings.put(image.id(), verdict == null ? NOT_JUDGED : standing(verdict));
      }
    }
    return standings;
  }

  private static Standing standing(Verdict verdict) {
    return switch (verdict.state()) {
      case CURRENT -> new Standing("good", "Up to date", "");
      case UNKNOWN -> new Standing("dim", "Not known", verdict.reason());
      case OUTDATED -> new Standing("bad", "Out of date", detail(verdict));
    };
  }

  private static String detail(Verdict verdict) {
    StringBuilder detail = new StringBuilder(Words.count(verdict.changes().all(), "change"));
    if (verdict.changes().security() > 0) {
      detail.append(", ").append(verdict.changes().security()).append(" for security");
    }
    int cves = verdict.fixable().cves() + verdict.fixable().kernelCves();
    if (cves > 0) {
      detail
          .append(verdict.fixable().unknown() > 0 ? ", at least " : ", ")
          .append(Words.count(cves, "CVE"));
    }
    return detail.toString();
  }
}
