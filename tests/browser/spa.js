// An app of one page that logs its users in with oidc-client-ts. The listener serves the page and the library's ES modules.
import http from 'node:http';
import { readFile } from 'node:fs/promises';

const MODULES = new URL('node_modules/', import.meta.url);
const PAGE = `<!doctype html>
<html lang="en">
<title>app</title>
<link rel="icon" href="data:,">
<script type="importmap">
  { "imports": {
    "oidc-client-ts": "/modules/oidc-client-ts/dist/esm/oidc-client-ts.js",
    "jwt-decode": "/modules/jwt-decode/build/esm/index.js"
  } }
</script>
<script type="module">
  import * as oidc from 'oidc-client-ts';
  globalThis.oidc = oidc;
  // The page in the frame, through which a login is renewed without a refresh token.
  if (location.pathname === '/silent') new oidc.UserManager({ authority: '-', client_id: '-', redirect_uri: '-' }).signinSilentCallback();
</script>
<h1>app</h1>`;

/** Serves the app; every path that is not of a module is the page. */
export async function serveApp() {
  const listener = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://app');
    if (pathname.startsWith('/modules/')) {
      response.setHeader('content-type', 'text/javascript');
      response.end(await readFile(new URL(pathname.slice('/modules/'.length), MODULES)));
    } else {
      response.setHeader('content-type', 'text/html');
      response.end(PAGE);
    }
  });
  await new Promise((done) => listener.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${listener.address().port}`;
  return { origin, callback: `${origin}/callback`, goodbye: `${origin}/goodbye`, close: () => listener.close() };
}

/** The user manager of oidc-client-ts in that page. */
export class Manager {
  constructor(page, provider, app) {
    this.page = page;
    this.app = app;
    this.settings = {
      authority: provider.issuer,
      client_id: 'spa',
      redirect_uri: app.callback,
      silent_redirect_uri: `${app.origin}/silent`,
      post_logout_redirect_uri: app.goodbye,
      scope: 'openid email',
      loadUserInfo: true,
      automaticSilentRenew: false,
      silentRequestTimeoutInSeconds: 5,
    };
  }

  /** Calls a method in the page; `{ error }` is what the library throws. */
  async call(method, ...args) {
    await this.page.waitForFunction(() => globalThis.oidc);
    return this.page.evaluate(async ([settings, method, args]) => {
      try {
        const result = await new oidc.UserManager(settings)[method](...args);
        return result && JSON.parse(JSON.stringify(result));
      } catch (why) {
        return { error: why.error ?? why.message };
      }
    }, [this.settings, method, args]);
  }

  /** Calls a method that leaves the page, and waits until the browser is at a URL that begins so. */
  async leave(method, destination, ...args) {
    await this.page.waitForFunction(() => globalThis.oidc);
    await Promise.all([
      this.page.waitForURL((url) => url.href.startsWith(destination)),
      this.page.evaluate(([settings, method, args]) => {
        new oidc.UserManager(settings)[method](...args);
      }, [this.settings, method, args]),
    ]);
  }
}
