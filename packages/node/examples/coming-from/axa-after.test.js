import assert from 'node:assert/strict'
import { test } from 'oauth-mimic/node-test'
import { refresh, userOf } from './app.js'

test('the API accepts a token of alice', async ({ provider }) => {
  const token = await provider.mint({ kind: 'access_token', sub: 'alice' })
  assert.equal(await userOf(token, provider), 'alice')
})

test('the API refuses an expired token', async ({ provider }) => {
  const token = await provider.mint({ kind: 'access_token', defect: { kind: 'expired' } })
  await assert.rejects(userOf(token, provider), { code: 'ERR_JWT_EXPIRED' })
})

test('after invalid_grant the user has to log in again', async ({ provider }) => {
  await provider.failNext(1, { kind: 'error', error: 'invalid_grant' })
  assert.equal(await refresh(provider.tokenUrl, 'REFRESH_TOKEN'), 'log in again')
})
