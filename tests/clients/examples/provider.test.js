import assert from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'

let server, mimic
before(async () => {
  server = spawn('oauth-mimic', ['--port', '0', '--log', 'off'])
  const [line] = await once(createInterface(server.stdout), 'line')
  mimic = line.replace('listening on ', '')
})
after(() => server.kill())

/** A provider for one test: its `base_url`, `issuer` and `endpoints`. */
const newProvider = async () =>
  (await fetch(`${mimic}/_mimic/sandboxes`, { method: 'POST' })).json()

/** Asks the control plane of a provider for something. */
const control = async (provider, path, body) => {
  const answer = await fetch(provider.endpoints.control + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  assert.ok(answer.ok, await answer.text())
}

test('a provider publishes its keys', async () => {
  const provider = await newProvider()
  const { keys } = await (await fetch(provider.endpoints.jwks)).json()
  assert.equal(keys.length, 1)
  await control(provider, '/verify', { filter: { endpoint: 'jwks' }, exactly: 1 })
})
