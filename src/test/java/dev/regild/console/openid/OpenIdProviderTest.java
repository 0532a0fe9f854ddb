package dev.regild.console.openid;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.regild.account.Person;
import java.io.OutputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a server makes of providers that are wrong, careless or hostile. */
class OpenIdProviderTest {
  private static final String SECRET = "0123456789abcdef0123456789abcdef";

  private final LoginAttempt attempt = LoginAttempt.begin(Instant.now(), "/console/");
  private StandInProvider remote;
  private OpenIdProvider provider;

  @BeforeEach
  void start() throws Exception {
    remote = new StandInProvider();
    provider = provider(remote.issuer(), Clock.systemUTC());
  }

  @AfterEach
  void stop() {
    remote.close();
  }

  private static OpenIdProvider provider(String issuer, Clock clock) {
    return provider(issuer, clock, Duration.ofMinutes(1));
  }

  private static OpenIdProvider provider(String issuer, Clock clock, Duration limit) {
    return new OpenIdProvider(
        new OpenIdSettings(
            issuer,
            StandInProvider.CLIENT,
            Optional.of(SECRET),
            URI.create("https://regild.example"),
            "Example",
            List.of("profile"),
            "groups",
            List.of(),
            OpenIdSettings.Algorithm.RS256,
            ""),
        new byte[32],
        Map.of(),
        clock,
        limit);
  }

  @Test
  void aLoginAsksWithStateNonceAndChallenge() throws Exception {
    Map<String, String> asked = query(provider.page(attempt));
    assertThat(asked)
        .containsEntry("response_type", "code")
        .containsEntry("client_id", "regild")
        .containsEntry("code_challenge_method", "S256")
        .containsEntry("scope", "openid+profile")
        .containsEntry(
            "redirect_uri", "https%3A%2F%2Fregild.example%2Fconsole%2Flogin%2Fopenid%2Fcallback");
    assertThat(List.of(asked.get("state"), asked.get("nonce"), asked.get("code_challenge")))
        .doesNotHaveDuplicates()
        .allMatch(each -> each.length() == 43);
  }

  @Test
  void aTrueTokenIsBelieved() throws Exception {
    assertThat(login())
        .satisfies(vouched -> {
          assertThat(vouched.person()).isEqualTo(new Person(remote.issuer(), "subject-1", "ada"));
          assertThat(vouched.groups()).containsExactly("staff");
          assertThat(SignedJWT.parse(vouched.idToken()).getJWTClaimsSet().getSubject())
              .isEqualTo("subject-1");
        });
  }

  @Test
  void aLogoutNamesTheTokenTheClientAndThePageToComeBackTo() throws Exception {
    remote.configuration.put("end_session_endpoint", remote.issuer() + "/end?tenant=a");
    String idToken = login().idToken();
    URI page = provider.logoutPage(Optional.of(idToken)).orElseThrow();
    assertThat(page.toString()).startsWith(remote.issuer() + "/end?");
    assertThat(query(page))
        .containsEntry("tenant", "a")
        .containsEntry("id_token_hint", idToken)
        .containsEntry("client_id", "regild")
        .containsEntry(
            "post_logout_redirect_uri",
            "https%3A%2F%2Fregild.example%2Fconsole%2Flogin%2Fopenid%2Flogged-out");
  }

  @Test
  void aLogoutWithoutItsTokenNamesTheClientAlone() throws Exception {
    remote.configuration.put("end_session_endpoint", remote.issuer() + "/end");
    for (Optional<String> lost :
        List.of(Optional.<String>empty(), Optional.of("<no token>"), Optional.of("a.b.c"))) {
      assertThat(query(provider.logoutPage(lost).orElseThrow()))
          .containsEntry("client_id", "regild")
          .doesNotContainKey("id_token_hint");
    }
  }

  @Test
  void aProviderWithoutALogoutPageHasNone() throws Exception {
    assertThat(provider.logoutPage(Optional.empty())).isEmpty();
  }

  @Test
  void aLogoutPageThatIsAScriptIsNotUsed() {
    remote.configuration.put("end_session_endpoint", "javascript:alert(1)");
    assertThatThrownBy(() -> provider.logoutPage(Optional.empty()))
        .isInstanceOf(OpenIdException.class);
  }

  @Test
  void theCodeIsRedeemedWithTheVerifierOfTheChallenge() throws Exception {
    String challenge = query(provider.page(attempt)).get("code_challenge");
    login();
    byte[] hash =
        MessageDigest.getInstance("SHA-256")
            .digest(remote.sent.get("code_verifier").getBytes(UTF_8));
    assertThat(Base64.getUrlEncoder().withoutPadding().encodeToString(hash)).isEqualTo(challenge);
    assertThat(remote.sent).containsEntry("grant_type", "authorization_code");
  }

  @Test
  void groupsMayComeFromTheUserInfo() throws Exception {
    remote.claims = claims -> claims.claim("groups", null);
    remote.userInfo = Map.of("sub", "subject-1", "groups", List.of("admins"));
    assertThat(login().groups()).containsExactly("admins");
  }

  @Test
  void theUserInfoOfSomebodyElseCountsForNothing() throws Exception {
    remote.claims = claims -> claims.claim("groups", null);
    remote.userInfo = Map.of("sub", "subject-2", "groups", List.of("admins"));
    assertThat(login().groups()).isEmpty();
  }

  @Test
  void aTokenForAnotherLoginIsRefused() {
    refused(claims -> claims.claim("nonce", "of-somebody-else"));
    refused(claims -> claims.claim("nonce", null));
  }

  @Test
  void aTokenForSomebodyElseIsRefused() {
    refused(claims -> claims.audience("another-client"));
    refused(claims -> claims.audience(List.of("another-client", "regild")).claim("azp", "x"));
    refused(claims -> claims.issuer("https://sso.example"));
  }

  @Test
  void anOldTokenIsRefused() {
    Date longAgo = Date.from(Instant.now().minusSeconds(600));
    refused(claims -> claims.expirationTime(longAgo));
    refused(claims -> claims.expirationTime(null));
    refused(claims -> claims.issueTime(Date.from(Instant.now().plusSeconds(600))));
  }

  @Test
  void aTokenThatTheProviderDidNotSignIsRefused() throws Exception {
    RSAKey other = StandInProvider.key("current");
    refusedToken(jwt -> StandInProvider.signed(other, claimsOf(jwt)));
    refusedToken(jwt -> new PlainJWT(claimsOf(jwt)));
    refusedToken(jwt -> withSecret(SECRET.getBytes(UTF_8), jwt));
    // The oldest trick: the public key as the secret of a symmetric signature.
    byte[] published = remote.key.toRSAPublicKey().getEncoded();
    refusedToken(jwt -> withSecret(published, jwt));
  }

  @Test
  void aSubjectThatNoStandardAllowsIsRefused() {
    refused(claims -> claims.subject("a\u0000b"));
    refused(claims -> claims.subject("x".repeat(256)));
  }

  @Test
  void anAnswerForAnotherBrowserIsRefusedBeforeTheProviderIsAsked() throws Exception {
    Map<String, List<String>> answer = answer();
    LoginAttempt other = LoginAttempt.begin(Instant.now(), "/console/");
    assertThatThrownBy(() -> provider.finish(other, answer))
        .isInstanceOfSatisfying(OpenIdException.class, e -> assertThat(e.isRefusal()).isTrue())
        .hasMessageContaining("not begun in this browser");
    assertThat(remote.sent).isEmpty();
  }

  @Test
  void anAnswerThatComesTooLateIsRefused() throws Exception {
    Map<String, List<String>> answer = answer();
    Clock later = Clock.fixed(attempt.begun().plus(LoginAttempt.GOOD_FOR), ZoneOffset.UTC);
    assertThatThrownBy(() -> provider(remote.issuer(), later).finish(attempt, answer))
        .hasMessageContaining("ten minutes");
    LoginAttempt younger = new LoginAttempt(attempt.seed(), attempt.begun().plusSeconds(300), "/");
    assertThatThrownBy(() -> provider(remote.issuer(), later).finish(younger, answer))
        .hasMessageContaining("ten minutes");
  }

  @Test
  void anAnswerOfAnotherProviderIsRefused() throws Exception {
    Map<String, List<String>> answer = new HashMap<>(answer());
    answer.put("iss", List.of("https://evil.example"));
    assertThatThrownBy(() -> provider.finish(attempt, answer)).hasMessageContaining("Another");
    assertThat(remote.sent).isEmpty();
  }

  @Test
  void anErrorOfTheProviderIsShownInItsOwnWordAlone() throws Exception {
    Map<String, List<String>> answer =
        Map.of(
            "state",
            answer().get("state"),
            "error",
            List.of("access_denied"),
            "error_description",
            List.of("Call 0800-EVIL"));
    assertThatThrownBy(() -> provider.finish(attempt, answer))
        .hasMessage(
            "Example did not log you in (access_denied). Try again, or log in with an access key.");
  }

  @Test
  void aProviderThatIsAwayIsSaidToBe() throws Exception {
    String issuer = remote.issuer();
    remote.close();
    assertThatThrownBy(() -> provider(issuer, Clock.systemUTC()).page(attempt))
        .isInstanceOfSatisfying(OpenIdException.class, e -> assertThat(e.isRefusal()).isFalse())
        .hasMessage("Example can't be reached. Try again later, or log in with an access key.");
  }

  @Test
  void thoseWhoWaitForAProviderThatGivesNoAnswerWaitOnce() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch allWait = new CountDownLatch(1);
    remote.discovery =
        exchange -> {
          var _ = asked.incrementAndGet();
          try {
            allWait.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          StandInProvider.answer(exchange, 500, "{}");
        };
    List<Thread> people =
        Stream.generate(() ->
                Thread.startVirtualThread(() ->
                    assertThatThrownBy(() -> provider.page(attempt))
                        .hasMessageContaining("can't be reached")))
            .limit(4)
            .toList();
    while (asked.get() == 0 || !people.stream().allMatch(OpenIdProviderTest::waits)) {
      Thread.sleep(20);
    }
    allWait.countDown();
    for (Thread each : people) {
      each.join();
    }
    assertThat(asked).hasValue(1);
  }

  private static boolean waits(Thread thread) {
    return switch (thread.getState()) {
      case BLOCKED, WAITING, TIMED_WAITING -> true;
      case NEW, RUNNABLE, TERMINATED -> false;
    };
  }

  @Test
  void aProviderOfAnotherNameIsNotUsed() {
    remote.configuration.put("issuer", "https://sso.example");
    unusable("oidc.issuer");
  }

  @Test
  void endpointsOfOtherProtocolsAreNotUsed() {
    remote.configuration.put("token_endpoint", "file:///etc/passwd");
    unusable("token_endpoint");
  }

  @Test
  void anAnswerWithoutEndIsNotReadWhole() {
    remote.discovery =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            byte[] piece = new byte[64 << 10];
            for (int i = 0; i < 64; i++) {
              out.write(piece);
            }
          }
        };
    assertThatThrownBy(() -> provider.page(attempt)).hasMessageContaining("can't be reached");
  }

  @Test
  void anAnswerThatDripsIsNotWaitedFor() {
    remote.discovery =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            for (int i = 0; i < 100; i++) {
              out.write(' ');
              out.flush();
              Thread.sleep(200);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    OpenIdProvider hurried = provider(remote.issuer(), Clock.systemUTC(), Duration.ofSeconds(1));
    assertThatThrownBy(() -> hurried.page(attempt)).hasMessageContaining("can't be reached");
  }

  @Test
  void keysThatCannotBeReadRefuseNobody() {
    remote.keys = exchange -> StandInProvider.answer(exchange, 500, "{}");
    assertThatThrownBy(this::login)
        .isInstanceOfSatisfying(OpenIdException.class, e -> assertThat(e.isRefusal()).isFalse());
  }

  @Test
  void aCookieOfAnotherFormIsNoAttempt() {
    assertThat(LoginAttempt.parse(attempt.cookie())).contains(attempt);
    for (String cookie : List.of("", "x", attempt.cookie() + "\n", "a.b.c", "..", "=".repeat(60))) {
      assertThat(LoginAttempt.parse(cookie)).as(cookie).isEmpty();
    }
  }

  private void unusable(String word) {
    assertThatThrownBy(() -> provider.page(attempt))
        .hasMessageContaining("can't be reached")
        .cause()
        .hasMessageContaining(word);
  }

  private void refused(UnaryOperator<JWTClaimsSet.Builder> wrong) {
    remote.claims = wrong;
    refusedLogin();
  }

  private void refusedToken(UnaryOperator<JWT> wrong) {
    remote.token = wrong;
    refusedLogin();
  }

  private void refusedLogin() {
    assertThatThrownBy(this::login)
        .isInstanceOfSatisfying(OpenIdException.class, e -> assertThat(e.isRefusal()).isTrue());
  }

  private Vouched login() throws Exception {
    return provider.finish(attempt, answer());
  }

  private Map<String, List<String>> answer() throws OpenIdException {
    URI page = provider.page(attempt);
    remote.authorized(page);
    return Map.of("state", List.of(query(page).get("state")), "code", List.of("a-code"));
  }

  private static Map<String, String> query(URI page) {
    Map<String, String> values = new HashMap<>();
    for (String each : page.getRawQuery().split("&", -1)) {
      String[] parts = each.split("=", 2);
      values.put(parts[0], parts[1]);
    }
    return values;
  }

  private static JWTClaimsSet claimsOf(JWT jwt) {
    try {
      return jwt.getJWTClaimsSet();
    } catch (java.text.ParseException e) {
      throw new IllegalStateException(e);
    }
  }

  private static SignedJWT withSecret(byte[] secret, JWT jwt) {
    try {
      SignedJWT signed =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("current").build(), claimsOf(jwt));
      signed.sign(new MACSigner(secret));
      return signed;
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }
}
