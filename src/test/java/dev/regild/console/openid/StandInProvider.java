package dev.regild.console.openid;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import tools.jackson.databind.json.JsonMapper;

/** A provider that can be told to be careless, slow or hostile, as no real one can. */
public final class StandInProvider implements AutoCloseable {
  public static final String CLIENT = "regild";

  private final HttpServer server;

  /** To make one takes longer than all that is done with it. */
  private static final RSAKey KEY = key("current");

  final RSAKey key = KEY;
  final Map<String, Object> configuration = new LinkedHashMap<>();

  /** The forms that were sent to the token endpoint. */
  final Map<String, String> sent = new HashMap<>();

  public volatile UnaryOperator<JWTClaimsSet.Builder> claims = UnaryOperator.identity();
  volatile UnaryOperator<JWT> token = UnaryOperator.identity();
  volatile Map<String, Object> userInfo = Map.of();
  volatile Answering keys = this::answerKeys;
  volatile Answering discovery = exchange -> answer(exchange, 200, json(configuration));
  volatile String nonce = "";

  /** Answers a request. */
  @FunctionalInterface
  interface Answering {
    void to(HttpExchange exchange) throws IOException;
  }

  public StandInProvider() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    configuration.putAll(
        Map.of(
            "issuer",
            issuer(),
            "authorization_endpoint",
            issuer() + "/authorize",
            "token_endpoint",
            issuer() + "/token",
            "userinfo_endpoint",
            issuer() + "/userinfo",
            "jwks_uri",
            issuer() + "/keys",
            "response_types_supported",
            List.of("code"),
            "subject_types_supported",
            List.of("public"),
            "id_token_signing_alg_values_supported",
            List.of("RS256")));
    server.createContext("/.well-known/openid-configuration", exchange -> discovery.to(exchange));
    server.createContext("/keys", exchange -> keys.to(exchange));
    server.createContext("/token", this::answerToken);
    server.createContext("/userinfo", exchange -> answer(exchange, 200, json(userInfo)));
    server.start();
  }

  static RSAKey key(String id) {
    try {
      return new RSAKeyGenerator(2048).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  public String issuer() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** What the browser was sent to the provider with. */
  public void authorized(URI page) {
    nonce = page.getRawQuery().replaceFirst(".*\\bnonce=([^&]+).*", "$1");
  }

  private void answerKeys(HttpExchange exchange) throws IOException {
    answer(exchange, 200, new JWKSet(key.toPublicJWK()).toString());
  }

  private void answerToken(HttpExchange exchange) throws IOException {
    for (String field :
        new String(exchange.getRequestBody().readAllBytes(), UTF_8).split("&", -1)) {
      String[] parts = field.split("=", 2);
      sent.put(parts[0], parts[1]);
    }
    Map<String, Object> answer =
        Map.of(
            "access_token", "access",
            "token_type", "Bearer",
            "id_token", token.apply(signed(key, claims.apply(claims()).build())).serialize());
    answer(exchange, 200, json(answer));
  }

  JWTClaimsSet.Builder claims() {
    Instant now = Instant.now();
    return new JWTClaimsSet.Builder()
        .issuer(issuer())
        .audience(CLIENT)
        .subject("subject-1")
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plusSeconds(300)))
        .claim("nonce", nonce)
        .claim("preferred_username", "ada")
        .claim("groups", List.of("staff"));
  }

  static SignedJWT signed(RSAKey key, JWTClaimsSet claims) {
    try {
      SignedJWT jwt =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
      jwt.sign(new RSASSASigner(key));
      return jwt;
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String json(Map<String, ?> values) {
    return JsonMapper.shared().writeValueAsString(values);
  }

  static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
