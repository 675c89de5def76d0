// The life of a server.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { MimicError, TokenServer } from 'oauth-mimic'
import { ended, environment, refresh, script } from './help.js'

/** A module that starts a server, prints its address, and does this. */
const starting = (more) => `
  import { TokenServer } from 'oauth-mimic'
  const server = await TokenServer.start()
  console.log(server.url)
  ${more}`

test('a server starts on a port of its own, serves, and ends', async () => {
  const [one, two] = await Promise.all([TokenServer.start(), TokenServer.start()])
  assert.notEqual(one.url, two.url)
  const provider = await one.sandbox()
  assert.equal((await refresh(provider)).status, 200)
  await Promise.all([one.stop(), one.stop(), two.stop()])
  await one.stop()
  for (const { url } of [one, two]) await assert.rejects(fetch(url))
})

test('a disposal ends it', async () => {
  const server = await TokenServer.start()
  await server[Symbol.asyncDispose]()
  await assert.rejects(fetch(server.url))
})

test('stop returns, although the server keeps no process alive', async () => {
  const { stdout, stderr, code } = await script(starting(`await server.stop(); console.log('stopped')`))
  assert.equal(code, 0, stderr)
  assert.match(stdout, /\nstopped\n$/)
})

test('a process that does not stop its server ends all the same, and the server with it', async () => {
  const { stdout, stderr, code } = await script(starting(''))
  assert.equal(code, 0, stderr)
  await ended(stdout.trim())
})

test('a process that is killed leaves no server behind', async () => {
  const source = starting(`setInterval(() => {}, 1000)`)
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: import.meta.dirname,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const [url] = await once(createInterface(child.stdout), 'line')
  assert.equal((await fetch(`${url}/_mimic/health`)).status, 200)
  const end = ended(url)
  child.kill('SIGKILL')
  await end
})

test('arguments go to the program, and a wrong one is reported with its text', async () => {
  const server = await TokenServer.start({ args: ['--profile', 'standard'] })
  const provider = await server.sandbox()
  assert.match(provider.tokenUrl, /\/oauth2\/token$/)
  await server.stop()
  await assert.rejects(TokenServer.start({ args: ['--profile', 'nowhere.json'] }), /ended with exit code \d+:\n.*nowhere\.json/s)
})

test('a program that prints no address is reported', async () => {
  const { stderr } = await script(`import { TokenServer } from 'oauth-mimic'; await TokenServer.start()`, {
    env: environment({ OAUTH_MIMIC_BINARY: '/bin/true' })
  })
  assert.match(stderr, /\/bin\/true ended with exit code 0/)
})

test('the control token of the environment guards the control plane, and is sent', async () => {
  const { stdout, stderr } = await script(
    starting(`
      console.log((await fetch(server.url + '/_mimic/sandboxes')).status)
      const provider = await server.sandbox()
      console.log((await provider.requests()).length)
      process.env.OAUTH_MIMIC_CONTROL_TOKEN = 'another'
      console.log(await provider.requests().catch((why) => why.status))`),
    { env: environment({ OAUTH_MIMIC_CONTROL_TOKEN: 's3cret' }) }
  )
  assert.match(stdout, /\n401\n0\n401\n$/, stderr)
})

/** A server of another version. */
async function stranger(version) {
  const server = http.createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ version }))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

test('a server of another minor version earns a warning, and another patch none', async () => {
  const source = `import { TokenServer } from 'oauth-mimic'; await TokenServer.start()`
  const warned = async (version) => {
    const server = await stranger(version)
    const { stderr } = await script(source, { env: environment({ OAUTH_MIMIC_URL: server.url }) })
    server.close()
    return stderr
  }
  assert.match(await warned('99.1.0'), /OAuthMimicWarning: .* has the version 99\.1\.0, and the npm package oauth-mimic has \d/)
  const server = await TokenServer.start()
  const { version } = await (await fetch(`${server.url}/_mimic`)).json()
  await server.stop()
  assert.equal(await warned(version.replace(/\.\d+$/, '.999')), '')
})

test('an address without a server is an error', async () => {
  const { stderr, code } = await script(`import { TokenServer } from 'oauth-mimic'; await TokenServer.start()`, {
    env: environment({ OAUTH_MIMIC_URL: 'http://127.0.0.1:1' })
  })
  assert.equal(code, 1)
  assert.match(stderr, /http:\/\/127\.0\.0\.1:1\/_mimic: no answer/)
})

test('arguments have no effect on a server that runs already, which is said', async () => {
  const { stderr } = await script(
    `import { TokenServer } from 'oauth-mimic'
     process.env.OAUTH_MIMIC_URL = (await TokenServer.start()).url
     await TokenServer.start({ args: ['--seed', '1'] })`
  )
  assert.match(stderr, /OAUTH_MIMIC_URL is set, so the arguments --seed 1 have no effect/)
})

test('a sandbox has its label, and is removed when it is closed', async () => {
  const server = await TokenServer.start()
  const labels = async () =>
    (await (await fetch(`${server.url}/_mimic/sandboxes`)).json()).sandboxes.map(({ label }) => label)
  const provider = await server.sandbox({ label: 'a test > of the label' })
  const long = await server.sandbox({ label: 'ü'.repeat(200) })
  assert.deepEqual((await labels()).sort(), ['a test > of the label', `${'ü'.repeat(127)}…`])
  await provider.close()
  await long[Symbol.asyncDispose]()
  assert.deepEqual(await labels(), [])
  await server.stop()
})

test('OAUTH_MIMIC_KEEP keeps a sandbox', async () => {
  const { stdout, stderr } = await script(
    starting(`
      const provider = await server.sandbox()
      await provider.close()
      console.log((await fetch(provider.jwksUrl)).status)`),
    { env: environment({ OAUTH_MIMIC_KEEP: '1' }) }
  )
  assert.match(stdout, /\n200\n$/, stderr)
})

test('a refusal is an error with the members of the problem document', async () => {
  const server = await TokenServer.start()
  const fixtures = { clients: [{ client_id: 5 }], users: [] }
  await assert.rejects(server.sandbox({ fixtures }), (why) => {
    assert.ok(why instanceof MimicError)
    assert.equal(why.name, 'MimicError')
    assert.deepEqual([why.status, why.code], [400, 'invalid_body'])
    assert.match(why.pointer, /\/clients\/0\/client_id$/)
    assert.match(why.message, /must be a string, not 5 \(at .*\/client_id\)/)
    return true
  })
  await server.stop()
})
