// The program under the name that npm gives it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ended, environment, run } from './help.js'

const require = createRequire(import.meta.url)
const main = dirname(require.resolve('oauth-mimic/package.json'))
const carried = require.resolve('@oauth-mimic/linux-x64/bin/oauth-mimic')
const launcher = join(main, 'bin/oauth-mimic.js')

test('npx runs it, offline, and it has the version of the package', async () => {
  const { stdout, stderr, code } = await run('npx', ['--offline', 'oauth-mimic', '--version'], { cwd: import.meta.dirname })
  assert.equal(code, 0, stderr)
  assert.equal(stdout, `oauth-mimic ${require('oauth-mimic/package.json').version}\n`)
})

test('exit code and standard input are those of the program', async () => {
  assert.equal((await run(launcher, ['--no-such-flag'])).code, 2)
  const token = (await run(launcher, ['mint', '--kind', 'access_token'])).stdout
  const child = spawn(launcher, ['inspect', '-'], { env: environment(), stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(token)
  let printed = ''
  child.stdout.on('data', (chunk) => (printed += chunk))
  await once(child, 'close')
  assert.match(printed, /RS256/)
})

test('the launcher has the names of all commands', async () => {
  const { stdout } = await run(carried, ['--help'])
  const listed = stdout.split('Commands:')[1].split('Options:')[0]
  const commands = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name)
  assert.ok(commands.length > 5)
  const source = await readFile(launcher, 'utf8')
  const known = eval(/COMMANDS = (\[[^\]]*\])/.exec(source)[1])
  for (const command of commands) assert.ok(known.includes(command), command)
})

/** Starts a server by the launcher, without an input. */
async function serve() {
  const child = spawn(launcher, ['--port', '0', '--log', 'off'], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, url: line.replace('listening on ', '') }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL']) {
  test(`${signal} to the launcher ends the server`, async () => {
    const { child, url } = await serve()
    assert.equal((await fetch(`${url}/_mimic/health`)).status, 200)
    const end = ended(url)
    child.kill(signal)
    await end
  })
}
