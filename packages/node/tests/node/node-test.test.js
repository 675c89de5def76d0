// `oauth-mimic/node-test`.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test as base } from 'node:test'
import { test } from 'oauth-mimic/node-test'
import { refresh, run } from './help.js'

test('a test has a provider with its name as the label', async ({ provider, mimic, t }) => {
  assert.equal((await refresh(provider)).status, 200)
  const { sandboxes } = await (await fetch(`${mimic.url}/_mimic/sandboxes?label=${encodeURIComponent(t.name)}`)).json()
  assert.deepEqual(sandboxes.map(({ id }) => id), [provider.id])
})

test('options go to the provider', { providerOptions: { clock: '2026-01-01T00:00:00Z' } }, async ({ provider }) => {
  assert.equal((await provider.now()).getUTCFullYear(), 2026)
})

base('a test that fails shows the journal of its provider', async () => {
  const file = join(import.meta.dirname, 'fails.js')
  const { stdout, code } = await run(process.execPath, ['--test', '--test-reporter=spec', file])
  assert.equal(code, 1)
  assert.match(stdout, /1 requests arrived at/)
  assert.match(stdout, /refresh_token_unknown: /)
  assert.match(stdout, /console: http/)
  assert.match(stdout, /fails on purpose/)
})
