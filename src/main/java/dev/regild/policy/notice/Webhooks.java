package dev.regild.policy.notice;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.event.RecordedEvent;
import dev.regild.policy.notice.Addresses.UnreachableException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpOptions;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.Timeout;

/**
 * Delivers events to webhooks, signed as the Standard Webhooks specification has it: HMAC-SHA-256
 * over id, time and body. A host is resolved once, and only the addresses that were checked are
 * connected to. Redirects are not followed. Of the answer, only the status counts.
 */
final class Webhooks implements Sender {
  private static final Timeout CONNECT = Timeout.ofSeconds(5);
  private static final Timeout SILENCE = Timeout.ofSeconds(10);

  /** For all of it: one that sends its answer byte by byte has no more. */
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final Addresses addresses;
  private final Duration limit;

  Webhooks(Addresses addresses) {
    this(addresses, LIMIT);
  }

  Webhooks(Addresses addresses, Duration limit) {
    this.addresses = addresses;
    this.limit = limit;
  }

  @Override
  public void send(URI to, byte[] secret, RecordedEvent event, Instant now)
      throws FailedDeliveryException, InterruptedException {
    byte[] body = CloudEvents.json(event).getBytes(UTF_8);
    HttpPost request = new HttpPost(to);
    request.setHeader("Accept", "*/*");
    request.setHeader("User-Agent", "Regild");
    request.setHeader("webhook-id", event.id());
    request.setHeader("webhook-timestamp", Long.toString(now.getEpochSecond()));
    request.setHeader("webhook-signature", signature(secret, event.id(), now, body));
    request.setEntity(new ByteArrayEntity(body, ContentType.create(CloudEvents.TYPE, UTF_8)));
    int status = status(to, request);
    requireNoRedirect(status);
    if (status / 100 != 2) {
      throw new FailedDeliveryException("It answers with the status %d.".formatted(status));
    }
  }

  /**
   * Looks whether a place could be told of events, as the CloudEvents specification has it (HTTP
   * 1.1 Web Hooks for Event Delivery, section 4.1): it is asked, and any answer will do but a
   * redirect. Whether it accepts our signature is seen when it knows the secret.
   *
   * @throws FailedDeliveryException if it can't be reached, does not answer in time, or redirects
   */
  void require(URI to) throws FailedDeliveryException, InterruptedException {
    HttpOptions request = new HttpOptions(to);
    request.setHeader("User-Agent", "Regild");
    request.setHeader("WebHook-Request-Origin", "regild");
    requireNoRedirect(status(to, request));
  }

  private static void requireNoRedirect(int status) throws FailedDeliveryException {
    if (status / 100 == 3) {
      throw new FailedDeliveryException(
          "It answers with the redirect %d, which is not followed. Give the address that it leads to."
              .formatted(status));
    }
  }

  private int status(URI to, HttpUriRequestBase request)
      throws FailedDeliveryException, InterruptedException {
    List<InetAddress> reachable;
    try {
      reachable = addresses.resolve(to.getHost());
    } catch (UnreachableException e) {
      throw new FailedDeliveryException(String.valueOf(e.getMessage()), e);
    }
    FutureTask<Integer> call =
        new FutureTask<>(() -> {
          try (CloseableHttpClient client = client(reachable)) {
            return client.execute(
                request,
                response -> {
                  int code = response.getCode();
                  // The rest of the answer may never end.
                  request.abort();
                  return code;
                });
          }
        });
    Thread.ofVirtual().name("webhook").start(call);
    try {
      return call.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new FailedDeliveryException(
          "It did not answer within %d s.".formatted(limit.toSeconds()), e);
    } catch (ExecutionException e) {
      throw new FailedDeliveryException(
          "It can't be reached: %s.".formatted(e.getCause() == null ? e : e.getCause()), e);
    } finally {
      request.abort();
      call.cancel(true);
    }
  }

  /** One for each call: no connection is kept that a later check would not have allowed. */
  private static CloseableHttpClient client(List<InetAddress> reachable) {
    DnsResolver only =
        new DnsResolver() {
          @Override
          public InetAddress[] resolve(String host) {
            return reachable.toArray(InetAddress[]::new);
          }

          @Override
          public String resolveCanonicalHostname(String host) throws UnknownHostException {
            return host;
          }
        };
    return HttpClients.custom()
        .setConnectionManager(
            PoolingHttpClientConnectionManagerBuilder.create()
                .setDnsResolver(only)
                .setDefaultConnectionConfig(
                    ConnectionConfig.custom()
                        .setConnectTimeout(CONNECT)
                        .setSocketTimeout(SILENCE)
                        .build())
                .build())
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setResponseTimeout(SILENCE)
                .setRedirectsEnabled(false)
                .setAuthenticationEnabled(false)
                .build())
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .disableCookieManagement()
        .disableAuthCaching()
        .disableContentCompression()
        .build();
  }

  /** As the specification's section on signatures has it. */
  static String signature(byte[] secret, String id, Instant time, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      mac.update("%s.%d.".formatted(id, time.getEpochSecond()).getBytes(UTF_8));
      return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no HMAC-SHA-256.", e);
    }
  }
}
