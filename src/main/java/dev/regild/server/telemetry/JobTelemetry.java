package dev.regild.server.telemetry;

import dev.regild.job.Attempt;
import dev.regild.job.JobObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Times attempts and steps, counts the attempts that run, and makes a span of each. */
public final class JobTelemetry implements JobObserver {
  private final MeterRegistry meters;
  private final Tracer tracer;
  private final AtomicInteger running = new AtomicInteger();

  public JobTelemetry(Metrics metrics, Traces traces) {
    this.meters = metrics.registry();
    this.tracer = traces.tracer();
    var _ = meters.gauge("regild.jobs.running", running);
  }

  @Override
  public Part begins(String kind, Attempt<?> attempt) {
    running.incrementAndGet();
    SpanBuilder span =
        tracer
            .spanBuilder(kind)
            .setNoParent()
            .setAttribute("regild.job", kind)
            .setAttribute("regild.image.id", attempt.id())
            .setAttribute("regild.image", attempt.name())
            .setAttribute("regild.attempt", attempt.number());
    return new Observed(
        kind,
        span.startSpan(),
        timer("regild.jobs", "Attempts of jobs, by kind and outcome").tag("kind", kind),
        running::decrementAndGet);
  }

  private static Timer.Builder timer(String name, String description) {
    return Timer.builder(name).description(description);
  }

  private final class Observed implements Part {
    private final String kind;
    private final Span span;
    private final Timer.Builder timer;
    private final Runnable whenClosed;
    private final long start = System.nanoTime();
    private String outcome = "ok";

    Observed(String kind, Span span, Timer.Builder timer, Runnable whenClosed) {
      this.kind = kind;
      this.span = span;
      this.timer = timer;
      this.whenClosed = whenClosed;
    }

    @Override
    public Part step(String name) {
      return new Observed(
          kind,
          tracer.spanBuilder(name).setParent(Context.root().with(span)).startSpan(),
          timer("regild.job.steps", "Steps of jobs, by kind, step and outcome")
              .tags("kind", kind, "step", name),
          () -> {});
    }

    @Override
    public void outcome(String text) {
      var _ = span.setAttribute("regild.outcome", text);
    }

    @Override
    public void failed(String reason) {
      outcome = "failed";
      var _ = span.setStatus(StatusCode.ERROR, reason);
    }

    @Override
    public void stopped() {
      outcome = "stopped";
      var _ = span.setAttribute("regild.stopped", true);
    }

    @Override
    public void close() {
      span.end();
      timer
          .tag("outcome", outcome)
          .register(meters)
          .record(Duration.ofNanos(System.nanoTime() - start));
      whenClosed.run();
    }
  }
}
