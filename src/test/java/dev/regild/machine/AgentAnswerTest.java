package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AgentAnswerTest {
  private static final String HUGE = "9".repeat(40);

  @Test
  void numbersThatAreNoneOfAProgramAreRefused() throws Exception {
    var started = AgentAnswer.result("guest-exec", "{\"return\":{\"pid\":" + HUGE + "}}");
    assertThatThrownBy(() -> AgentAnswer.processId(started))
        .isInstanceOf(GuestAgentException.class)
        .hasMessageContaining("has no pid");
    for (String member : new String[] {"exitcode", "signal"}) {
      var ended =
          AgentAnswer.result(
              "guest-exec-status", "{\"return\":{\"%s\":%s}}".formatted(member, HUGE));
      assertThatThrownBy(() -> AgentAnswer.execution("a.exe", ended))
          .isInstanceOf(GuestAgentException.class)
          .hasMessageContaining("does not say how a.exe ended");
    }
    assertThat(AgentAnswer.isSynchronised("{\"return\":" + HUGE + "}", 1)).isFalse();
  }
}
