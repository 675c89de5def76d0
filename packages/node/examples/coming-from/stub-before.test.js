import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, test } from 'node:test'
import { refresh } from './app.js'

let next
const stub = http.createServer((request, response) => {
  const { status, body } = next
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
})
before(() => new Promise((done) => stub.listen(0, '127.0.0.1', done)))
after(() => stub.close())

test('a refresh returns a token', async () => {
  next = { status: 200, body: { access_token: 'token-1', token_type: 'Bearer', expires_in: 3600 } }
  assert.equal(await refresh(`http://127.0.0.1:${stub.address().port}/token`, 'any text'), 'token-1')
})

test('after invalid_grant the user has to log in again', async () => {
  next = { status: 400, body: { error: 'invalid_grant' } }
  assert.equal(await refresh(`http://127.0.0.1:${stub.address().port}/token`, 'any text'), 'log in again')
})
