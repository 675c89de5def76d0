import assert from 'node:assert/strict'
import { test } from 'oauth-mimic/node-test'
import { refresh, userOf } from './app.js'

test('the client reports an outage, and works after it', async ({ provider }) => {
  await provider.failNext(1, { kind: 'status', status: 503 })
  const refreshToken = await provider.mint({ kind: 'refresh_token', sub: 'alice' })
  await assert.rejects(refresh(provider.tokenUrl, refreshToken), /503/)
  assert.equal(await userOf(await refresh(provider.tokenUrl, refreshToken), provider), 'alice')
  await provider.verify({ endpoint: 'token' }, { exactly: 2 })
})
