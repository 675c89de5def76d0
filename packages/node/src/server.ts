import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { Control } from './control.js'
import { findBinary } from './place.js'
import { Provider, type SandboxOptions } from './provider.js'

/** Seconds in which a server prints its address, and in which it ends. It needs some hundredths of one. */
const PATIENCE = 30

const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

/** The options of {@link TokenServer.start}. */
export interface StartOptions {
  /** Arguments of the program, such as `['--profile', 'standard']`. Default: none. */
  args?: readonly string[]
}

/**
 * A process of oauth-mimic, or the server at `OAUTH_MIMIC_URL`. One serves a whole test run; each test makes a
 * {@link Provider} of its own with {@link TokenServer.sandbox}.
 */
export class TokenServer implements AsyncDisposable {
  readonly #control: Control
  readonly #process: ChildProcess | undefined
  readonly #args: readonly string[]
  #ended: Promise<void> | undefined

  private constructor(
    /** The address, without a slash at its end. */
    readonly url: string,
    args: readonly string[],
    child?: ChildProcess
  ) {
    this.#control = new Control(`${url}/_mimic`)
    this.#process = child
    this.#args = args
  }

  /**
   * Starts a server on a free port, or uses the one at `OAUTH_MIMIC_URL`. It ends with this process, even if that is killed, and
   * does not keep this process alive.
   *
   * @throws An error, if the program is not found or does not start, or if nothing answers at `OAUTH_MIMIC_URL`.
   */
  static async start({ args = [] }: StartOptions = {}): Promise<TokenServer> {
    const url = process.env.OAUTH_MIMIC_URL?.replace(/\/+$/, '')
    if (url) {
      if (args.length > 0) {
        process.emitWarning(`OAUTH_MIMIC_URL is set, so the arguments ${args.join(' ')} have no effect`, 'OAuthMimicWarning')
      }
      return TokenServer.connect(url)
    }
    const { address, child } = await launch(findBinary(), args)
    return new TokenServer(address, args, child).#compared()
  }

  /**
   * Uses the server at an address. `stop` leaves it running.
   *
   * @throws An error, if nothing answers there.
   */
  static async connect(url: string): Promise<TokenServer> {
    return new TokenServer(url.replace(/\/+$/, ''), []).#compared()
  }

  /** Warns if the server has another version than this package. */
  async #compared(): Promise<this> {
    try {
      const server: string = (await this.#control.send('GET', '')).version
      const minor = (text: string) => text.split('.', 2).join('.')
      if (minor(server) !== minor(version)) {
        process.emitWarning(
          `the server at ${this.url} has the version ${server}, and the npm package oauth-mimic has ${version}`,
          'OAuthMimicWarning'
        )
      }
      return this
    } catch (why) {
      await this.stop()
      throw why
    }
  }

  /**
   * Makes a new {@link Provider}: an issuer with its own clients, users, keys, clock, faults and journal.
   *
   * @throws {@link MimicError}, if the server refuses an option, such as a fixture.
   */
  async sandbox(options: SandboxOptions = {}): Promise<Provider> {
    const { label } = options
    // A test may have a longer name than a label can have.
    const body = typeof label === 'string' ? { ...options, label: shortened(label) } : options
    const state = await this.#control.send('POST', '/sandboxes', body)
    const logsIn = 'OAUTH_MIMIC_AUTO_LOGIN' in process.env || this.#args.some((arg) => arg.startsWith('--auto-login'))
    return new Provider(state, this.#control, logsIn)
  }

  /** Ends the server, and returns when it has ended. A server at `OAUTH_MIMIC_URL` keeps running. */
  stop(): Promise<void> {
    this.#ended ??= this.#process === undefined ? Promise.resolve() : end(this.#process)
    return this.#ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** The longest label in characters that the server takes. */
const LONGEST_LABEL = 128

function shortened(label: string): string {
  const characters = [...label]
  return characters.length <= LONGEST_LABEL ? label : `${characters.slice(0, LONGEST_LABEL - 1).join('')}…`
}

async function launch(binary: string, args: readonly string[]): Promise<{ address: string; child: ChildProcess }> {
  const given = (flag: string) => args.some((arg) => arg === flag || arg.startsWith(`${flag}=`))
  const own = ['--until-stdin-closes']
  if (!given('--port')) own.push('--port', '0')
  if (!given('--log')) own.push('--log', 'off')
  const child = spawn(binary, [...own, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  const collect = (chunk: Buffer) => {
    said += chunk
  }
  child.stderr.on('data', collect)
  // A server that has ended closes the pipe: the end of the process is what is reported.
  child.stdin.on('error', () => {})
  const address = await new Promise<string>((done, fail) => {
    const failed = (why: string) => fail(new Error(`${binary} ${why}${said && `:\n${said.trimEnd()}`}`))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      failed(`printed no address within ${PATIENCE} s`)
    }, PATIENCE * 1000)
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk
      const line = /^listening on (\S+)\r?\n/m.exec(printed)
      if (line === null) return
      clearTimeout(timer)
      child.stdout.removeAllListeners('data').resume()
      done(line[1]!)
    })
    child.once('error', (why) => {
      clearTimeout(timer)
      failed(`cannot be run: ${why.message}`)
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      failed(`ended with ${signal ?? `exit code ${code}`}`)
    })
  })
  child.stderr.off('data', collect).on('data', (chunk: Buffer) => process.stderr.write(chunk))
  for (const held of handles(child)) held.unref()
  return { address, child }
}

/** What keeps this process alive while the server runs. */
function handles(child: ChildProcess): (ChildProcess | Socket)[] {
  return [child, child.stdin, child.stdout, child.stderr] as (ChildProcess | Socket)[]
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  // Without this, nothing would keep this process alive until the server has ended, and an `await` would not return.
  child.ref()
  const ended = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE * 1000).unref()
  child.stdin?.end()
  await ended
  clearTimeout(timer)
}
