import assert from 'node:assert/strict'
import { test } from 'oauth-mimic/node-test'
import * as openid from 'openid-client'

test('alice logs in', async ({ provider }) => {
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

  await provider.nextLogin({ user: 'alice' })
  const response = await provider.authorize(url)

  const tokens = await openid.authorizationCodeGrant(config, new URL(response.url), { pkceCodeVerifier, expectedState })
  assert.equal(tokens.claims().sub, 'alice')
})
