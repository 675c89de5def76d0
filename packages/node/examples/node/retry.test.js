import assert from 'node:assert/strict'
import { test } from 'oauth-mimic/node-test'

/** The client under test: it refreshes a token, and tries a second time after a 503. */
async function refresh(tokenUrl, refreshToken, attempts = 2) {
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('client-default:client-default-secret')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
  })
  return answer.status === 503 && attempts > 1 ? refresh(tokenUrl, refreshToken, attempts - 1) : answer.json()
}

test('the client tries a second time after a 503', async ({ provider }) => {
  await provider.failNext(1)
  const tokens = await refresh(provider.tokenUrl, await provider.mint({ kind: 'refresh_token' }))
  assert.equal(tokens.token_type, 'bearer')
  await provider.verify({ endpoint: 'token' }, { in_order: [{ status: 503 }, { status: 200 }] })
})
