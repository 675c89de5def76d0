// What the pages "Coming from" say of strictness: other mock servers accept these requests, this one refuses each for the named
// reason, and with that leniency it accepts them, too.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { TokenServer } from 'oauth-mimic'

const CALLBACK = 'http://localhost:3000/callback'
const DEFAULT = ['client-default', 'client-default-secret']
const WEB = ['web', 'web-secret']
const VERIFIER = 'a verifier of forty-three characters or more'.replaceAll(' ', '-')
const CHALLENGE = {
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256'
}

/** Sends a token request, as the client if there is one. */
const token = (server, client, form) => post(server.tokenUrl, client, form)

const post = (url, client, form) =>
  fetch(url, {
    method: 'POST',
    headers: client ? { authorization: `Basic ${btoa(client.join(':'))}` } : {},
    body: new URLSearchParams(form)
  })

/** Sends an authorization request, with a login where the server needs one. */
async function authorize(server, parameters) {
  if (server.nextLogin) await server.nextLogin()
  const url = new URL(server.authorizationUrl)
  const all = { response_type: 'code', client_id: 'web', redirect_uri: CALLBACK, scope: 'openid', state: 'xyz', ...parameters }
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
  return fetch(url, { redirect: 'manual' })
}

/** Exchanges the code of a login. */
async function exchange(server, parameters, form, { times = 1, client = WEB } = {}) {
  const location = new URL((await authorize(server, parameters)).headers.get('location'))
  const code = location.searchParams.get('code')
  let answer
  for (let time = 0; time < times; time++) {
    answer = await token(server, client, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...form })
  }
  return answer
}

const succeeded = ({ status, headers }) => status === 200 || ([302, 303].includes(status) && !/[?&]error=/.test(headers.get('location') ?? ''))

/** Each row: the request, the reason to refuse it, and the servers that accept it. */
const ROWS = [
  ['an unknown client', 'client_unknown', ['axa', 'navikt'],
    (server) => token(server, ['nobody', 'nothing'], { grant_type: 'client_credentials' })],
  ['a wrong secret', 'secret_wrong', ['axa', 'navikt'],
    (server) => token(server, ['client-default', 'wrong'], { grant_type: 'client_credentials' })],
  ['no client authentication', 'authentication_missing', ['axa'],
    (server) => token(server, undefined, { grant_type: 'client_credentials' })],
  ['a grant that the client is not registered for', 'grant_type_not_allowed', ['axa', 'navikt'],
    (server) => token(server, WEB, { grant_type: 'client_credentials' })],
  ['a grant that there is not: password', 'grant_type_unsupported', ['axa', 'navikt'],
    (server) => token(server, DEFAULT, { grant_type: 'password', username: 'alice', password: 'any', scope: 'openid' })],
  ['a scope that the client is not registered for', 'scope_not_registered', ['axa', 'navikt'],
    (server) => token(server, DEFAULT, { grant_type: 'client_credentials', scope: 'admin' })],
  ['any text as a refresh token', 'refresh_token_unknown', ['axa'],
    (server) => token(server, DEFAULT, { grant_type: 'refresh_token', refresh_token: 'any text' })],
  ['any text as a code', 'code_unknown', ['axa'],
    (server) => token(server, WEB, { grant_type: 'authorization_code', code: 'any text', redirect_uri: CALLBACK })],
  ['a code twice', 'code_replayed', ['axa'],
    (server) => exchange(server, {}, {}, { times: 2 })],
  ['a code with another redirect URI', 'redirect_uri_mismatch', ['axa', 'navikt'],
    (server) => exchange(server, {}, { redirect_uri: 'http://localhost:8000/callback' })],
  ['a code without the verifier of its challenge', 'verifier_missing', ['axa', 'navikt'],
    (server) => exchange(server, CHALLENGE, {})],
  ['a login of an unknown client', 'authorization_client_unknown', ['axa', 'navikt'],
    (server) => authorize(server, { client_id: 'nobody' })],
  ['a login with a redirect URI that is not registered', 'redirect_uri_unregistered', ['axa', 'navikt'],
    (server) => authorize(server, { redirect_uri: 'http://localhost:9999/elsewhere' })],
  ['a login of a public client without PKCE', 'pkce_missing', ['axa', 'navikt'],
    (server) => authorize(server, { client_id: 'spa' })],
  ['userinfo without a token', 'bearer_missing', ['axa'],
    (server) => fetch(server.userinfoUrl)],
  ['introspection without client authentication', 'authentication_missing', ['axa'],
    (server) => post(server.introspectionUrl, undefined, { token: 'any text' })],
  ['introspection by an unknown client', 'client_unknown', ['axa', 'navikt'],
    (server) => post(server.introspectionUrl, ['nobody', 'nothing'], { token: 'any text' })],
  // A stub accepts all; these are not compared with the other servers.
  ['the JWT bearer grant', 'grant_type_unsupported', undefined,
    (server) => token(server, DEFAULT, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'any text' })],
  ['token exchange', 'grant_type_unsupported', undefined,
    (server) => token(server, DEFAULT, { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: 'any text' })],
  ['no secret', 'secret_missing', undefined,
    (server) => token(server, undefined, { grant_type: 'client_credentials', client_id: 'client-default' })],
  ['a secret that is not encoded in Basic', 'secret_not_encoded', undefined, async (server) => {
    await server.putClient({ client_id: 'odd', client_secret: 'a+b%', grant_types: ['client_credentials'] })
    return token(server, ['odd', 'a+b%'], { grant_type: 'client_credentials' })
  }],
  ['a body of JSON', 'content_type', undefined,
    (server) => fetch(server.tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(DEFAULT.join(':'))}`, 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials' })
    })],
  ['parameters in the query', 'parameter_in_uri', undefined,
    (server) => fetch(`${server.tokenUrl}?grant_type=client_credentials`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(DEFAULT.join(':'))}` },
      body: new URLSearchParams()
    })],
  ['the refresh token of another client', 'refresh_token_wrong_client', undefined, async (server) => {
    const refresh_token = await server.mint({ kind: 'refresh_token', client_id: 'web' })
    return token(server, DEFAULT, { grant_type: 'refresh_token', refresh_token })
  }],
  ['a refresh token that was rotated', 'refresh_token_replayed', undefined, async (server) => {
    const refresh_token = await server.mint({ kind: 'refresh_token', client_id: 'client-rotating' })
    const send = () => token(server, ['client-rotating', 'client-rotating-secret'], { grant_type: 'refresh_token', refresh_token })
    await send()
    return send()
  }],
  ['a scope that was not granted', 'scope_not_granted', undefined, async (server) => {
    const refresh_token = await server.mint({ kind: 'refresh_token', scope: 'openid' })
    return token(server, DEFAULT, { grant_type: 'refresh_token', refresh_token, scope: 'openid email' })
  }],
  ['a wrong verifier', 'verifier_wrong', undefined,
    (server) => exchange(server, CHALLENGE, { code_verifier: VERIFIER.toUpperCase() })]
]

/** The rows that another server is compared with. */
const compared = (name) => ROWS.filter(([, , accepting]) => accepting).map(([row, , accepting, send]) => [row, accepting.includes(name), send])

let server
before(async () => {
  server = await TokenServer.start()
})
after(() => server.stop())

describe('this server', { concurrency: true }, () => {
  for (const [name, refusal, , send] of ROWS) {
    test(`refuses ${name}: ${refusal}`, async () => {
      const provider = await server.sandbox()
      assert.ok(!succeeded(await send(provider)), 'it is not refused')
      assert.equal((await provider.requests()).at(-1).refusal, refusal)
      await provider.close()
    })

    test(`tolerates ${name}, where ${refusal} is tolerated`, async () => {
      const provider = await server.sandbox({ leniency: [refusal] })
      assert.ok(succeeded(await send(provider)), await provider.report())
      const { advice } = (await provider.requests()).at(-1)
      assert.ok(advice?.length > 0, 'what was tolerated is advice')
      await provider.close()
    })
  }
})

const navikt = process.env.NAVIKT_URL
describe('mock-oauth2-server', { skip: !navikt, concurrency: true }, () => {
  const old = {
    tokenUrl: `${navikt}/plain/token`,
    authorizationUrl: `${navikt}/plain/authorize`,
    userinfoUrl: `${navikt}/plain/userinfo`,
    introspectionUrl: `${navikt}/plain/introspect`
  }
  for (const [name, accepts, send] of compared('navikt')) {
    test(`${accepts ? 'accepts' : 'refuses'} ${name}`, async () => {
      assert.equal(succeeded(await send(old)), accepts)
    })
  }
})

describe('oauth2-mock-server', { concurrency: true }, () => {
  let axa
  const old = {}
  before(async () => {
    const { OAuth2Server } = await import('oauth2-mock-server')
    axa = new OAuth2Server()
    await axa.issuer.keys.generate('RS256')
    await axa.start(0, 'localhost')
    const { url } = axa.issuer
    Object.assign(old, {
      tokenUrl: `${url}/token`,
      authorizationUrl: `${url}/authorize`,
      userinfoUrl: `${url}/userinfo`,
      introspectionUrl: `${url}/introspect`
    })
  })
  after(() => axa.stop())
  for (const [name, accepts, send] of compared('axa')) {
    test(`${accepts ? 'accepts' : 'refuses'} ${name}`, async () => {
      assert.equal(succeeded(await send(old)), accepts)
    })
  }
})
