// What the tests of the installed package share.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** The credentials of the first client, which has the refresh token REFRESH_TOKEN. */
const basic = `Basic ${btoa('client-default:client-default-secret')}`

/** Refreshes a token at a provider, and returns the answer. */
export const refresh = (provider, token = 'REFRESH_TOKEN') =>
  fetch(provider.tokenUrl, {
    method: 'POST',
    headers: { authorization: basic },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })
  })

/** The environment without the variables of the package, and with these. */
export function environment(variables = {}) {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('OAUTH_MIMIC_') && !name.startsWith('NODE_TEST'))
  return { ...Object.fromEntries(others), ...variables }
}

/** Runs a program to its end. */
export async function run(command, args, { env = environment(), cwd } = {}) {
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((done) => child.on('close', (code, signal) => done(signal ?? code)))
  ])
  return { stdout, stderr, code }
}

/** Runs a text as an ES module of this folder. */
export const script = (source, options) =>
  run(process.execPath, ['--input-type=module', '--eval', source], { cwd: import.meta.dirname, ...options })

/** Waits for the end of the server: it keeps a request open until then. */
export async function ended(url) {
  try {
    await fetch(`${url}/_mimic/requests/wait?count=1&timeout=60&endpoint=token`)
  } catch {
    return
  }
  throw new Error(`${url} still answers`)
}
