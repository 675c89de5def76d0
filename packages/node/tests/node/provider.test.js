// The verbs of a provider; each test has one.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { TokenServer } from 'oauth-mimic'
import { refresh } from './help.js'

let server
before(async () => {
  server = await TokenServer.start()
})
after(() => server.stop())

/** Runs a test with a provider. */
const having = (name, options, body) =>
  test(name, async () => {
    const provider = await server.sandbox({ label: name, ...options })
    try {
      await body(provider)
    } finally {
      await provider.close()
    }
  })

const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
const login = (provider, more = {}) => {
  const url = new URL(provider.authorizationUrl)
  const parameters = {
    response_type: 'code',
    client_id: 'web',
    redirect_uri: 'http://localhost:3000/callback',
    scope: 'openid email',
    state: 'xyz',
    ...more
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url
}

having('the endpoints are those of the metadata', {}, async (provider) => {
  const metadata = await (await fetch(provider.metadataUrl)).json()
  assert.equal(metadata.issuer, provider.issuer)
  assert.equal(metadata.token_endpoint, provider.tokenUrl)
  assert.equal(metadata.authorization_endpoint, provider.authorizationUrl)
  assert.equal(metadata.jwks_uri, provider.jwksUrl)
  assert.equal(metadata.userinfo_endpoint, provider.userinfoUrl)
  assert.equal(metadata.introspection_endpoint, provider.introspectionUrl)
  assert.equal(metadata.revocation_endpoint, provider.revocationUrl)
  assert.equal(metadata.end_session_endpoint, provider.endSessionUrl)
  assert.equal(provider.baseUrl, `${server.url}/s/${provider.id}`)
  assert.equal(provider.controlUrl, `${provider.baseUrl}/_mimic`)
  assert.equal(provider.consoleUrl, `${provider.baseUrl}/_mimic/`)
})

having('clients, users and named tokens are put and removed', {}, async (provider) => {
  await provider.putClient({ client_id: 'a/b', client_secret: 's', grant_types: ['refresh_token'], scope: 'read' })
  await provider.putUser({ sub: 'carol/1' })
  await provider.putRefreshToken({ token: 'T/1', client_id: 'a/b', sub: 'carol/1', scope: 'read' })
  assert.ok((await provider.clients()).some(({ client_id }) => client_id === 'a/b'))
  assert.ok((await provider.users()).some(({ sub }) => sub === 'carol/1'))
  const answer = await fetch(provider.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'T/1', client_id: 'a/b', client_secret: 's' })
  })
  assert.equal(claims((await answer.json()).access_token).sub, 'carol/1')
  await provider.removeClient('a/b')
  await provider.removeUser('carol/1')
  assert.ok(!(await provider.clients()).some(({ client_id }) => client_id === 'a/b'))
  assert.ok(!(await provider.users()).some(({ sub }) => sub === 'carol/1'))
})

having('the clock is frozen, moved and released', { clock: '2026-01-01T00:00:00Z' }, async (provider) => {
  assert.equal((await provider.now()).toISOString(), '2026-01-01T00:00:00.000Z')
  const { access_token, expires_in } = await (await refresh(provider)).json()
  const active = async () => {
    const answer = await fetch(provider.userinfoUrl, { headers: { authorization: `Bearer ${access_token}` } })
    return answer.status
  }
  assert.equal(await active(), 200)
  const moved = await provider.advance(expires_in + 1)
  assert.equal(moved.getTime(), Date.UTC(2026, 0, 1) + (expires_in + 1) * 1000)
  assert.equal(await active(), 401)
  assert.equal((await provider.freeze(new Date(0))).getTime(), 0)
  assert.equal((await provider.freeze('2030-01-01T00:00:00Z')).getUTCFullYear(), 2030)
  await provider.release()
  assert.ok(Math.abs((await provider.now()) - Date.now()) < 60_000)
  const frozen = await provider.freeze()
  assert.deepEqual(await provider.now(), frozen)
})

having('the next requests fail, and those after them succeed', {}, async (provider) => {
  const statuses = async (count) => {
    const statuses = []
    while (statuses.length < count) statuses.push((await refresh(provider)).status)
    return statuses
  }
  await provider.failNext(2)
  assert.deepEqual(await statuses(3), [503, 503, 200])
  await provider.failNext(1, { kind: 'status', status: 429, headers: { 'Retry-After': '7' } })
  const refused = await refresh(provider)
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '7'])
  await provider.failNext(1, { kind: 'error', error: 'invalid_grant' }, { when: { client_id: 'web' } })
  assert.deepEqual(await statuses(1), [200])
  await provider.failNext(1, undefined, { on: 'jwks' })
  assert.equal((await fetch(provider.jwksUrl)).status, 503)
})

having('fault rules are added, listed and removed', {}, async (provider) => {
  const rule = await provider.addFault({ on: 'token', fault: { kind: 'status', status: 500 } })
  const other = await provider.addFault({ on: 'jwks', fault: { kind: 'status', status: 502 } })
  assert.deepEqual((await provider.faults()).map(({ id }) => id), [rule.id, other.id])
  await provider.removeFault(rule.id)
  assert.equal((await refresh(provider)).status, 200)
  await provider.clearFaults()
  assert.deepEqual(await provider.faults(), [])
})

having('scenarios are played, built-in ones and others', {}, async (provider) => {
  assert.ok((await provider.play('flaky-gateway')).length > 1)
  await provider.clearFaults()
  const rules = await provider.play({
    description: 'The keys cannot be fetched.',
    faults: [{ on: 'jwks', fault: { kind: 'status', status: 500 } }]
  })
  assert.equal(rules.length, 1)
  assert.equal((await fetch(provider.jwksUrl)).status, 500)
})

having('tokens are minted, also with a defect', { clock: '2026-01-01T00:00:00Z' }, async (provider) => {
  const now = (await provider.now()).getTime() / 1000
  const good = await provider.mint({ kind: 'access_token', sub: 'alice', claims: { role: 'admin' } })
  assert.deepEqual([claims(good).sub, claims(good).role], ['alice', 'admin'])
  assert.ok(claims(good).exp > now)
  const expired = await provider.mint({ kind: 'access_token', defect: { kind: 'expired' } })
  assert.ok(claims(expired).exp < now)
  const response = await provider.mint({ client_id: 'client-default' })
  assert.equal((await refresh(provider, response.refresh_token)).status, 200)
  assert.equal((await refresh(provider, await provider.mint({ kind: 'refresh_token' }))).status, 200)
})

having('a new key signs, and the old one stays published', {}, async (provider) => {
  const published = async () => (await (await fetch(provider.jwksUrl)).json()).keys.length
  assert.equal(await published(), 1)
  const keys = await provider.rotateKeys({ retire_after: 60 })
  assert.deepEqual(keys.map(({ signs }) => signs), [true, false])
  assert.equal(await published(), 2)
  await provider.advance(61)
  assert.equal(await published(), 1)
})

having('a scripted login answers the authorization request', {}, async (provider) => {
  await provider.nextLogin({ user: 'bob' })
  const { code, params, error, url } = await provider.authorize(login(provider))
  assert.equal(error, undefined)
  assert.equal(params.get('state'), 'xyz')
  assert.ok(url.startsWith('http://localhost:3000/callback?'))
  const exchanged = await fetch(provider.tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('web:web-secret')}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: 'http://localhost:3000/callback' })
  })
  assert.equal(claims((await exchanged.json()).id_token).sub, 'bob')
  await provider.nextLogin({ deny: true })
  assert.equal((await provider.authorize(login(provider))).error, 'access_denied')
})

having('without a scripted login the first user logs in, and no login is left over', {}, async (provider) => {
  assert.ok((await provider.authorize(login(provider))).code)
  assert.equal((await provider.authorize(login(provider, { response_type: 'none' }))).error, 'unsupported_response_type')
  const { logins } = await (await fetch(`${provider.controlUrl}/logins`)).json()
  assert.deepEqual(logins, [])
})

having('an authorization request that is answered with a page is an error with the reason', {}, async (provider) => {
  await assert.rejects(provider.authorize(login(provider, { client_id: 'nobody' })), /a page, status 400: .*nobody/)
  await assert.rejects(provider.authorize('http://127.0.0.1:1/authorize'), /not at the authorization endpoint/)
})

test('the user of --auto-login logs in', async () => {
  const server = await TokenServer.start({ args: ['--auto-login', 'bob', '--profile', 'standard'] })
  const provider = await server.sandbox()
  const response = await provider.authorize(
    login(provider, { response_type: 'id_token', nonce: 'n', response_mode: 'fragment' })
  )
  assert.equal(claims(response.params.get('id_token')).sub, 'bob')
  await server.stop()
})

having('the journal is read, filtered, verified and emptied', {}, async (provider) => {
  await refresh(provider)
  await fetch(provider.jwksUrl)
  assert.equal((await provider.requests()).length, 2)
  const [request] = await provider.requests({ endpoint: 'token', status: 200 })
  assert.equal(request.client_id, 'client-default')
  await provider.verify({ endpoint: 'token' }, { exactly: 1 })
  await provider.verify({}, { in_order: [{ endpoint: 'token' }, { endpoint: 'jwks' }], at_most: 2, at_least: 2 })
  await assert.rejects(provider.verify({ endpoint: 'token' }, { exactly: 2 }), (why) => {
    assert.equal(why.code, 'not_verified')
    assert.match(why.message, /expected exactly 2 requests with endpoint token, and 1 came\n.*#1 POST token/s)
    return true
  })
  await provider.clearRequests()
  assert.deepEqual(await provider.requests(), [])
})

having('waitFor returns when the requests have arrived, and fails when they do not', {}, async (provider) => {
  const waiting = provider.waitFor({ endpoint: 'jwks' }, 2)
  await fetch(provider.jwksUrl)
  await fetch(provider.jwksUrl)
  assert.equal((await waiting).length, 2)
  await assert.rejects(provider.waitFor({ endpoint: 'token' }, 1, 0.01), /after 0\.01 s: expected at least 1/)
})

having('a reset restores the initial state', {}, async (provider) => {
  await provider.removeClient('web')
  await provider.failNext(1)
  await refresh(provider)
  await provider.reset()
  assert.ok((await provider.clients()).some(({ client_id }) => client_id === 'web'))
  assert.deepEqual(await provider.requests(), [])
})

having('leniency and fixtures are options', { leniency: ['client_unknown'], fixtures: { clients: [], users: [{ sub: 'u' }] } }, async (provider) => {
  const answer = await fetch(provider.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'any', client_secret: 'any' })
  })
  assert.equal(answer.status, 200)
  const report = await provider.report()
  assert.match(report, /1 requests arrived at .*\n {2}#1 POST token client any grant client_credentials: 200 issued\n {4}advice /)
  assert.match(report, /console: .*\/_mimic\/( |$)/m)
})

having('the report has the reason of a refusal', {}, async (provider) => {
  await refresh(provider, 'unknown')
  assert.match(await provider.report(), /: 400 refused invalid_grant\n {4}refresh_token_unknown: /)
})

describe('parallel tests', { concurrency: true }, () => {
  for (const number of Array(10).keys()) {
    test(`provider ${number} has only its own requests and its own clock`, async () => {
      const provider = await server.sandbox({ label: `parallel ${number}`, clock: '2026-01-01T00:00:00Z' })
      await provider.advance(number)
      await Promise.all(Array.from({ length: number }, () => refresh(provider)))
      await provider.verify({ endpoint: 'token' }, { exactly: number })
      assert.equal((await provider.now()).getUTCSeconds(), number)
      await provider.close()
    })
  }
})
