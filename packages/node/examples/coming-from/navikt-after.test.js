import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import { test } from 'oauth-mimic/node-test'
import { userOf } from './app.js'

test('the API accepts a token of a reader', async ({ provider }) => {
  await provider.putUser({ sub: 'reader' })
  const token = await provider.mint({ kind: 'access_token', sub: 'reader', claims: { aud: ['api'], role: 'viewer' } })
  assert.equal(await userOf(token, provider), 'reader')
  assert.equal(decodeJwt(token).role, 'viewer')
})

test('a token request has to be right', async ({ provider }) => {
  await provider.putClient({
    client_id: 'reader',
    client_secret: 's3cret',
    grant_types: ['client_credentials'],
    scope: 'read'
  })
  const token = (secret) =>
    fetch(provider.tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`reader:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' })
    })
  assert.equal((await token('s3cret')).status, 200)
  assert.equal((await token('thing')).status, 401)
  await provider.verify({ refusal: 'secret_wrong' }, { exactly: 1 })
})
