import http from 'node:http'
import * as openid from 'openid-client'

/** The app under test: it greets its user, who logs in at an OpenID provider. */
export async function startApp(issuer, port = 0) {
  const config = await openid.discovery(new URL(issuer), 'web', 'web-secret', undefined, {
    execute: [openid.allowInsecureRequests]
  })
  const sessions = new Map()
  const app = http.createServer(async (request, response) => {
    const origin = `http://${request.headers.host}`
    const url = new URL(request.url, origin)
    const cookie = request.headers.cookie?.match(/app=(\w+)/)?.[1]
    const session = sessions.get(cookie) ?? {}
    if (url.pathname === '/login') {
      const id = crypto.randomUUID().replaceAll('-', '')
      const verifier = openid.randomPKCECodeVerifier()
      const state = openid.randomState()
      sessions.set(id, { verifier, state })
      const location = openid.buildAuthorizationUrl(config, {
        redirect_uri: `${origin}/callback`,
        scope: 'openid profile',
        state,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256'
      })
      response.writeHead(302, { location: location.href, 'set-cookie': `app=${id}; HttpOnly; SameSite=Lax` })
    } else if (url.pathname === '/callback') {
      try {
        const checks = { pkceCodeVerifier: session.verifier, expectedState: session.state }
        const tokens = await openid.authorizationCodeGrant(config, url, checks)
        const user = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
        sessions.set(cookie, { name: user.name ?? user.sub })
        response.writeHead(302, { location: '/' })
      } catch (why) {
        response.writeHead(403, { 'content-type': 'text/html' })
        response.write(`<h1>Login failed</h1><p>${why.error ?? why.code}</p>`)
      }
    } else {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.write(session.name ? `<h1>Hello ${session.name}</h1>` : '<a href="/login">Log in</a>')
    }
    response.end()
  })
  await new Promise((done) => app.listen(port, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${app.address().port}`, close: () => app.close() }
}

if (process.argv[1] === import.meta.filename) await startApp(process.env.ISSUER, Number(process.env.PORT))
