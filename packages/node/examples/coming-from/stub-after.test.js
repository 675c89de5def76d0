import assert from 'node:assert/strict'
import { test } from 'oauth-mimic/node-test'
import { refresh, userOf } from './app.js'

test('a refresh returns a token', async ({ provider }) => {
  const token = await refresh(provider.tokenUrl, await provider.mint({ kind: 'refresh_token', sub: 'alice' }))
  assert.equal(await userOf(token, provider), 'alice')
  await provider.verify({ endpoint: 'token' }, { exactly: 1, no_advice: true })
})

test('after invalid_grant the user has to log in again', async ({ provider }) => {
  const refreshToken = await provider.mint({ kind: 'refresh_token', refresh_token_lifetime: 60 })
  await provider.advance(61)
  assert.equal(await refresh(provider.tokenUrl, refreshToken), 'log in again')
  await provider.verify({ endpoint: 'token', refusal: 'refresh_token_expired' }, { exactly: 1 })
})
