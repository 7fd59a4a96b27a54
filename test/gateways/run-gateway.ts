import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { InstallableName } from '../../src/gateways/gateway-table.ts'
import { runCli } from '../fixtures/cli.ts'
import { freePorts, isFree } from '../fixtures/free-port.ts'
import { processesWith } from '../fixtures/processes.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** Runs `run --gateway NAME`, checks that it passed and left nothing, and returns its `--json-out` report. */
export async function runGateway(t: TestContext, name: InstallableName, args: readonly string[]) {
  const folder = temporaryFolder(t)
  const temporary = temporaryFolder(t)
  const [mockPort, port] = (await freePorts(2)) as [number, number]
  const jsonOut = join(folder, 'report.json')
  const places = ['--mock-port', `${mockPort}`, '--ccr-port', `${port}`, '--out', join(folder, 'results')]
  const end = await runCli(['run', '--gateway', name, ...places, '--json-out', jsonOut, ...args], {
    TMPDIR: temporary,
  })
  assert.equal(end.status, 0, end.stdout + end.stderr)
  assert.deepEqual([await isFree(mockPort), await isFree(port)], [true, true])
  assert.deepEqual(processesWith(temporary), [])
  assert.deepEqual(readdirSync(temporary), [])
  return JSON.parse(readFileSync(jsonOut, 'utf8'))
}
