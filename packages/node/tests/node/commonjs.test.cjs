// A test that is CommonJS: Node requires an ES module from version 20.19 on.
const assert = require('node:assert/strict')
const { test } = require('node:test')

test('the package can be required', { skip: !process.features.require_module }, async () => {
  const { TokenServer } = require('oauth-mimic')
  const server = await TokenServer.start()
  const provider = await server.sandbox()
  assert.equal((await fetch(provider.jwksUrl)).status, 200)
  await server.stop()
})
