import assert from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import * as openid from 'openid-client'

let server, mimic
before(async () => {
  server = spawn('oauth-mimic', ['--port', '0', '--log', 'off', '--until-stdin-closes'])
  const [line] = await once(createInterface(server.stdout), 'line')
  mimic = line.replace('listening on ', '')
})
after(() => server.kill())

/** A provider for one test: its `base_url`, `issuer` and `endpoints`. */
const newProvider = async () =>
  (await fetch(`${mimic}/_mimic/sandboxes`, { method: 'POST' })).json()

/** Asks the control plane of a provider for something. */
const control = async (provider, path, body) => {
  const answer = await fetch(provider.endpoints.control + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  assert.ok(answer.ok, await answer.text())
}

test('a provider publishes its keys', async () => {
  const provider = await newProvider()
  const { keys } = await (await fetch(provider.endpoints.jwks)).json()
  assert.equal(keys.length, 1)
  await control(provider, '/verify', { filter: { endpoint: 'jwks' }, exactly: 1 })
})

/** Logs a user in at the URL to which a client sends its users. The answer is the URL at which the client gets them back. */
const logIn = async (provider, user, url) => {
  await control(provider, '/logins', { user })
  const answer = await fetch(url, { redirect: 'manual' })
  return new URL(answer.headers.get('location'))
}

test('alice logs in', async () => {
  const provider = await newProvider()
  const config = await openid.discovery(new URL(provider.issuer), 'web', 'web-secret', undefined, {
    execute: [openid.allowInsecureRequests]
  })
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const expectedState = openid.randomState()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: 'http://localhost:3000/callback',
    scope: 'openid email',
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256'
  })
  const response = await logIn(provider, 'alice', url)
  const tokens = await openid.authorizationCodeGrant(config, response, { pkceCodeVerifier, expectedState })
  assert.equal(tokens.claims().sub, 'alice')
})
