#!/usr/bin/env node
// Runs the program with the arguments of this one: `npx oauth-mimic --profile standard`.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { findBinary } from '../dist/place.js'

/** The commands other than the server. Some of them read standard input. */
const COMMANDS = ['mint', 'inspect', 'check', 'keygen', 'health', 'schema', 'docs', 'help']

const args = process.argv.slice(2)
let binary
try {
  binary = findBinary()
} catch (why) {
  console.error(`oauth-mimic: ${why.message}`)
  process.exit(127)
}
// A server ends with this process, even if that is killed: it reads a pipe that only this process holds.
const serves = !args.some((arg) => COMMANDS.includes(arg) || arg === '--until-stdin-closes')
const child = spawn(binary, serves ? ['--until-stdin-closes', ...args] : args, {
  stdio: [serves ? 'pipe' : 'inherit', 'inherit', 'inherit']
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal))
}
child.on('error', (why) => {
  console.error(`oauth-mimic: ${binary} cannot be run: ${why.message}`)
  process.exit(126)
})
child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))
