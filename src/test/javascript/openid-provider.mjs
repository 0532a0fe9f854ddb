// A certified OpenID Connect provider, oidc-provider, for the tests. It believes everybody's name.
// Argument: a JSON with host, client, secret, redirect, loggedOut, and groups: the path of a file with
// a JSON of lists by name, which each login reads. Says its address, and ends with its standard input.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const scene = JSON.parse(process.argv[2]);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://${scene.host}:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: scene.client,
      client_secret: scene.secret,
      redirect_uris: [scene.redirect],
      post_logout_redirect_uris: [scene.loggedOut],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    }],
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    // Claims are in the user info alone, as the standard has it for this flow.
    conformIdTokenClaims: true,
    pkce: { methods: ["S256"], required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        preferred_username: id,
        groups: JSON.parse(readFileSync(scene.groups, "utf8"))[id] ?? [],
      }),
    }),
    cookies: { keys: ["test"] },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit());
