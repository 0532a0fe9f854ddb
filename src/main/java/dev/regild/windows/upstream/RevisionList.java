package dev.regild.windows.upstream;

import java.util.List;

/**
 * What a server has of some products and classifications.
 *
 * @param anchor stands for the server's state, for the next time
 * @param revisions of bundles and of their children, in no order
 */
record RevisionList(String anchor, List<RevisionId> revisions) {
  RevisionList {
    revisions = List.copyOf(revisions);
  }
}
