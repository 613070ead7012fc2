// Makes the REST calls named on stdin through Zoom's own client library and prints the answers.
//
// stdin: {base, clientId, clientSecret, token: {access_token, refresh_token, expires_in, scope},
//         calls: [{product: "meetings" | "users", group, name, path, query, body}],
//         code: one to exchange first, given for the redirect URI below}
// stdout: {results: [{status, data} | {error}], token}: the token last stored by the library.
import { readFileSync } from "node:fs";

import { MeetingsOAuthClient } from "@zoom/rivet/meetings";
import { UsersOAuthClient } from "@zoom/rivet/users";
import axios from "axios";

const wanted = JSON.parse(readFileSync(0, "utf8"));

// The library knows one token host only; send those calls to the simulator instead.
axios.interceptors.request.use((config) => {
  config.url = config.url.replace(/^https:\/\/zoom\.us\/oauth/, `${wanted.base}/zoom/oauth`);
  config.proxy = false;
  return config;
});

let stored = {
  accessToken: wanted.token.access_token,
  refreshToken: wanted.token.refresh_token,
  expirationTimeIso: new Date(Date.now() + wanted.token.expires_in * 1000).toISOString(),
  scopes: wanted.token.scope.split(" "),
};
const options = {
  clientId: wanted.clientId,
  clientSecret: wanted.clientSecret,
  baseUrl: `${wanted.base}/zoom/v2`,
  disableReceiver: true,
  installerOptions: {
    redirectUri: "http://localhost:9",
    redirectUriPath: "/callback",
    stateStore: "a secret for the library's own states",
  },
  tokenStore: {
    getLatestToken: () => stored,
    storeToken: (token) => {
      stored = token;
    },
  },
};
const clients = {
  meetings: new MeetingsOAuthClient(options),
  users: new UsersOAuthClient(options),
};

if (wanted.code) {
  await clients.meetings.auth.initRedirectCode(wanted.code);
}
const results = [];
for (const { product, group, name, path, query, body } of wanted.calls) {
  try {
    const endpoint = clients[product].endpoints[group][name];
    const { statusCode, data } = await endpoint({ path, query, body });
    results.push({ status: statusCode, data });
  } catch (error) {
    results.push({ error: `${error.name}: ${error.message}`, cause: String(error.cause ?? "") });
  }
}
process.stdout.write(JSON.stringify({ results, token: stored }));
