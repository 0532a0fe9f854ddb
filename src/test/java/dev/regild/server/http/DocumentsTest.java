package dev.regild.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.image.Owner;
import dev.regild.image.quota.Quota;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DocumentsTest {
  private static final Caller CALLER =
      new Caller(new Owner("000000000001", "us-east-1"), "a", false, false);

  private final List<String> sent = new ArrayList<>();

  @Test
  @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aClientThatTakesItsTimeHoldsNobodyUp() throws Exception {
    Documents documents = documents(2);
    documents.send(
        CALLER,
        () -> "slow",
        slow -> {
          send(documents, "quick");
          sent.add(slow);
        });
    assertThat(sent).containsExactly("quick", "slow");
  }

  @Test
  void whatIsBeingSentCountsAsADownload() throws Exception {
    Documents documents = documents(1);
    documents.send(
        CALLER,
        () -> "first",
        first ->
            assertThatThrownBy(() -> send(documents, "second"))
                .isInstanceOf(ApiException.class)
                .hasMessageStartingWith("The quota for concurrent downloads is 1"));
    send(documents, "third");
    assertThat(sent).containsExactly("third");
  }

  private void send(Documents documents, String text) {
    try {
      documents.send(CALLER, () -> text, sent::add);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Documents documents(int limit) {
    return new Documents(new AccountSlots(Quota.DOWNLOADS, _ -> limit, 100));
  }
}
