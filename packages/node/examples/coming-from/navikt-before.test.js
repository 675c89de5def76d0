import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { userOf } from './app.js'

const issuer = `${process.env.NAVIKT_URL}/default`

test('the API accepts a token of a reader', async () => {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('any:thing')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' })
  })
  const { access_token } = await answer.json()
  assert.equal(await userOf(access_token, { issuer, jwksUrl: `${issuer}/jwks` }), 'reader')
  assert.equal(decodeJwt(access_token).role, 'viewer')
})
