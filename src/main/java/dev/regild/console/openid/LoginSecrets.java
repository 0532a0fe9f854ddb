package dev.regild.console.openid;

import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.Nonce;
import dev.regild.files.KeyedHash;

/**
 * What ties the answer of a provider to the browser that asked.
 *
 * @param state comes back with the browser
 * @param nonce comes back in the ID token
 * @param verifier goes from this server to the provider; a stolen code is worth nothing without it
 */
record LoginSecrets(State state, Nonce nonce, CodeVerifier verifier) {
  static LoginSecrets of(LoginAttempt attempt, KeyedHash hash) {
    return new LoginSecrets(
        new State(hash.of("state " + attempt.subject())),
        new Nonce(hash.of("nonce " + attempt.subject())),
        new CodeVerifier(hash.of("verifier " + attempt.subject())));
  }
}
