// Not a test of its own: `node-test.test.js` runs it, and reads what it prints.
import assert from 'node:assert/strict'
import { test } from 'oauth-mimic/node-test'
import { refresh } from './help.js'

test('fails on purpose', async ({ provider }) => {
  assert.equal((await refresh(provider, 'unknown')).status, 200)
})
