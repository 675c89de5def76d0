// Where a server comes from.
import assert from 'node:assert/strict'
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { environment, script } from './help.js'

const carried = createRequire(import.meta.url).resolve('@oauth-mimic/linux-x64/bin/oauth-mimic')
const main = dirname(createRequire(import.meta.url).resolve('oauth-mimic/package.json'))

let folder
/** A folder in which the package is installed without its optional dependency. */
let bare
before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'oauth-mimic-')))
  bare = join(folder, 'bare')
  await cp(main, join(bare, 'node_modules/oauth-mimic'), { recursive: true })
})
after(() => rm(folder, { recursive: true }))

/** A program that starts the server, and writes its own name to a file before. */
async function spy(name) {
  const path = join(folder, name, 'oauth-mimic')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `#!/bin/sh\necho ${name} >"${folder}/started"\nexec "${carried}" "$@"\n`)
  await chmod(path, 0o755)
  return path
}

/** Starts a server in a process of its own, and returns the name of the spy that ran. */
async function started(variables, cwd = import.meta.dirname) {
  await writeFile(`${folder}/started`, 'carried\n')
  const source = `
    import { TokenServer } from 'oauth-mimic'
    const server = await TokenServer.start()
    console.log((await fetch(server.url + '/_mimic/health')).status)
    await server.stop()`
  const { stdout, stderr, code } = await script(source, { env: environment(variables), cwd })
  assert.equal(code, 0, stderr)
  assert.equal(stdout, '200\n')
  return (await readFile(`${folder}/started`, 'utf8')).trim()
}

test('OAUTH_MIMIC_BINARY comes before the program of the package, and that before the PATH', async () => {
  const named = await spy('named')
  const onPath = dirname(await spy('path'))
  const PATH = `${onPath}:${process.env.PATH}`
  assert.equal(await started({ OAUTH_MIMIC_BINARY: named, PATH }), 'named')
  assert.equal(await started({ PATH }), 'carried')
  assert.equal(await started({ PATH }, bare), 'path')
})

test('OAUTH_MIMIC_URL comes before all, and its server is neither started nor stopped', async () => {
  const source = `
    import { TokenServer } from 'oauth-mimic'
    const first = await TokenServer.start()
    process.env.OAUTH_MIMIC_URL = first.url + '/'
    process.env.OAUTH_MIMIC_BINARY = '/nowhere'
    const second = await TokenServer.start()
    const provider = await second.sandbox()
    await second.stop()
    console.log(second.url === first.url, (await fetch(provider.jwksUrl)).status)`
  const { stdout, stderr } = await script(source)
  assert.equal(stdout, 'true 200\n', stderr)
})

test('the error lists all four places', async () => {
  const { stderr, code } = await script(
    `import { TokenServer } from 'oauth-mimic'; await TokenServer.start()`,
    { env: environment({ PATH: '/nowhere' }), cwd: bare }
  )
  assert.equal(code, 1)
  const places = ['OAUTH_MIMIC_URL', 'OAUTH_MIMIC_BINARY', `@oauth-mimic/${process.platform}-${process.arch}`, 'the PATH']
  let last = -1
  for (const place of places) {
    const at = stderr.indexOf(place, last + 1)
    assert.ok(at > last, `${place} is missing or out of order:\n${stderr}`)
    last = at
  }
})

test('a wrong OAUTH_MIMIC_BINARY is an error, and no other place is tried', async () => {
  const { stderr, code } = await script(
    `import { TokenServer } from 'oauth-mimic'; await TokenServer.start()`,
    { env: environment({ OAUTH_MIMIC_BINARY: '/nowhere/oauth-mimic' }) }
  )
  assert.equal(code, 1)
  assert.match(stderr, /OAUTH_MIMIC_BINARY is \/nowhere\/oauth-mimic/)
})

test('the launcher of npm on the PATH is not taken for the program', async () => {
  const bin = join(bare, 'node_modules/.bin')
  const other = join(folder, 'other')
  for (const place of [bin, other]) await mkdir(place, { recursive: true })
  // npm makes a link, pnpm a script.
  await symlink(join(bare, 'node_modules/oauth-mimic/bin/oauth-mimic.js'), join(other, 'oauth-mimic'))
  await writeFile(join(bin, 'oauth-mimic'), '#!/bin/sh\nexit 9\n')
  await chmod(join(bin, 'oauth-mimic'), 0o755)
  const real = join(folder, 'real')
  await mkdir(real)
  await copyFile(carried, join(real, 'oauth-mimic'))
  assert.equal(await started({ PATH: `${bin}:${other}:${real}:${process.env.PATH}` }, bare), 'carried')
})
