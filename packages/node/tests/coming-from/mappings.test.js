// What the tables of the pages "Coming from" give in place of the calls of other servers.
import assert from 'node:assert/strict'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { TokenServer } from 'oauth-mimic'
import { test } from 'oauth-mimic/node-test'
import { test as base } from 'node:test'

const CALLBACK = 'http://localhost:3000/callback'
const refresh = (provider) =>
  fetch(provider.tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('client-default:client-default-secret')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'REFRESH_TOKEN' })
  })
const login = (provider, parameters) => {
  const url = new URL(provider.authorizationUrl)
  const all = { response_type: 'code', client_id: 'web', redirect_uri: CALLBACK, scope: 'openid', ...parameters }
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
  return url
}

test('claims of the next token', async ({ provider }) => {
  const claims = { sub: 'mallory', role: 'admin' }
  await provider.failNext(1, { kind: 'token', token: 'access_token', defect: { kind: 'set_claims', claims } })
  const { access_token } = await (await refresh(provider)).json()
  assert.deepEqual([decodeJwt(access_token).sub, decodeJwt(access_token).role], ['mallory', 'admin'])
})

test('members of the next answer', async ({ provider }) => {
  await provider.failNext(1, { kind: 'answer', set: { expires_in: '899' }, remove: ['scope'] })
  const answer = await (await refresh(provider)).json()
  assert.deepEqual([answer.expires_in, answer.scope], ['899', undefined])
})

test('the next answer of the other endpoints', async ({ provider }) => {
  for (const on of ['userinfo', 'revocation', 'introspection']) {
    await provider.failNext(1, { kind: 'status', status: 418 }, { on })
    assert.equal((await fetch(provider[`${on}Url`], { method: 'POST' })).status, 418, on)
  }
})

test('slow and broken answers', async ({ provider }) => {
  await provider.failNext(1, { kind: 'delay', seconds: 0.05, jitter: 0.01 })
  await provider.failNext(1, { kind: 'drip', bytes_per_second: 100_000 })
  assert.ok((await (await refresh(provider)).json()).access_token)
  const [{ faults, duration_ms }] = await provider.waitFor({ fault: 'delay' })
  assert.deepEqual(faults.sort(), ['delay', 'drip'])
  assert.ok(duration_ms >= 50, `${duration_ms}`)
  for (const fault of [{ kind: 'reset' }, { kind: 'close' }, { kind: 'lost_response' }]) {
    await provider.failNext(1, fault)
    await assert.rejects(refresh(provider), fault.kind)
  }
  for (const fault of [{ kind: 'malformed' }, { kind: 'truncate', bytes: 100 }]) {
    await provider.failNext(1, fault)
    await assert.rejects((await refresh(provider)).json(), fault.kind)
  }
})

test('a rule by the grant type, and one with a count before one without', async ({ provider }) => {
  await provider.addFault({ on: 'token', when: { grant_type: 'client_credentials' }, fault: { kind: 'status', status: 500 } })
  assert.equal((await refresh(provider)).status, 200)
  await provider.addFault({ on: 'token', fault: { kind: 'status', status: 500 } })
  await provider.failNext(1, { kind: 'status', status: 503 })
  assert.deepEqual([(await refresh(provider)).status, (await refresh(provider)).status], [503, 500])
})

test('another issuer, and a broken signature', async ({ provider }) => {
  const foreign = await provider.mint({ kind: 'access_token', defect: { kind: 'wrong_issuer' } })
  assert.notEqual(decodeJwt(foreign).iss, provider.issuer)
  const chosen = await provider.mint({ kind: 'access_token', claims: { iss: 'https://elsewhere.example' } })
  assert.equal(decodeJwt(chosen).iss, 'https://elsewhere.example')
  assert.ok(await provider.mint({ kind: 'access_token', defect: { kind: 'damaged_signature' } }))
})

test('a login that is denied, and one with another state', async ({ provider }) => {
  await provider.nextLogin({ deny: true })
  assert.equal((await provider.authorize(login(provider))).error, 'access_denied')
  await provider.failNext(1, { kind: 'redirect', redirect: 'wrong_state' }, { on: 'authorization' })
  assert.notEqual((await provider.authorize(login(provider, { state: 'xyz' }))).params.get('state'), 'xyz')
})

test('a client may do without PKCE', async ({ provider }) => {
  const client = (await provider.clients()).find(({ client_id }) => client_id === 'spa')
  await provider.putClient({ ...client, require_pkce: false })
  assert.ok((await provider.authorize(login(provider, { client_id: 'spa' }))).code)
})

test('a user is logged out', async ({ provider }) => {
  await provider.nextLogin({ user: 'alice' })
  await provider.authorize(login(provider))
  const sessions = async () => (await (await fetch(`${provider.controlUrl}/sessions`)).json()).sessions.length
  assert.equal(await sessions(), 1)
  assert.equal((await fetch(`${provider.controlUrl}/sessions?sub=alice`, { method: 'DELETE' })).status, 204)
  assert.equal(await sessions(), 0)
})

test('whether there is advice', async ({ provider }) => {
  await refresh(provider)
  await provider.verify({}, { no_advice: true })
})

base('a sandbox with a chosen address, and the client to try it with', async () => {
  const server = await TokenServer.start({ args: ['--profile', 'standard'] })
  const made = await fetch(`${server.url}/_mimic/sandboxes/default`, { method: 'PUT' })
  const { base_url } = await made.json()
  assert.equal(base_url, `${server.url}/s/default`)
  assert.equal((await fetch(`${base_url}/_mimic/try`)).status, 200)
  const provider = await server.sandbox()
  const token = await provider.mint({ kind: 'access_token' })
  assert.equal(decodeJwt(token).exp - decodeJwt(token).iat, 900)
  const { keys } = await (await fetch(provider.jwksUrl)).json()
  assert.equal(decodeProtectedHeader(token).kid, keys[0].kid)
  await server.stop()
})

base('--auto-login logs a user in at once', async () => {
  const server = await TokenServer.start({ args: ['--auto-login'] })
  const provider = await server.sandbox()
  const answer = await fetch(login(provider), { redirect: 'manual' })
  assert.match(answer.headers.get('location'), /[?&]code=/)
  await server.stop()
})
