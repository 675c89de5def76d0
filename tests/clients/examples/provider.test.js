// The README's example for node:test.

import assert from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'

let server, mimic
before(async () => {
  server = spawn('oauth-mimic', ['--port', '0', '--log', 'off'])
  const [line] = await once(server.stdout, 'data')
  mimic = line.toString().trim().split(' ').pop()
})
after(() => server.kill())

const newProvider = async () =>
  (await fetch(`${mimic}/_mimic/sandboxes`, { method: 'POST' })).json()

test('every test has a provider of its own', async () => {
  const { endpoints } = await newProvider() // token, jwks, metadata, control
  const { keys } = await (await fetch(endpoints.jwks)).json()
  assert.equal(keys.length, 1)
})
