import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refresh } from './app.js'

const wiremock = process.env.WIREMOCK_URL

test('the client reports an outage, and works after it', async () => {
  await fetch(`${wiremock}/__admin/scenarios/reset`, { method: 'POST' })
  await fetch(`${wiremock}/__admin/requests`, { method: 'DELETE' })
  const tokenUrl = `${wiremock}/connect/oauth/token`
  await assert.rejects(refresh(tokenUrl, 'any text'), /503/)
  assert.equal(await refresh(tokenUrl, 'any text'), 'token-1')
  const counted = await fetch(`${wiremock}/__admin/requests/count`, {
    method: 'POST',
    body: JSON.stringify({ method: 'POST', urlPath: '/connect/oauth/token' })
  })
  assert.equal((await counted.json()).count, 2)
})
