import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startCli } from '../fixtures/cli.ts'
import { processesWith } from '../fixtures/processes.ts'
import { prepareRun, startRun, startRunInTheMiddle } from '../fixtures/run-ground.ts'
import { until } from '../fixtures/until.ts'

test('Ctrl-C during the tear-down is an interrupt too, with the complete report', async (t) => {
  const { args, nothingIsLeft } = await prepareRun(t)
  const run = startRun(args, { streams: 3, chunks: 3 })
  await run.saw(/tearing down/)
  run.child.kill('SIGINT')
  const { status, stdout } = await run.ended
  assert.equal(status, 130)
  assert.match(stdout, /Success: {2}3 /)
  assert.match(stdout, /Interrupted by SIGINT after the load/)
  await nothingIsLeft()
})

test('if the mock is killed before the load, the run is invalid and the gateway is not blamed', async (t) => {
  const { args, mockPort, nothingIsLeft } = await prepareRun(t)
  const run = startRun(args)
  await run.saw(/warming up/)
  process.kill(processesWith(`--port ${mockPort}`)[0] as number, 'SIGKILL')
  const { status, stdout, stderr } = await run.ended
  assert.equal(status, 3, stderr)
  assert.match(stdout, /RESULT: INVALID - The mock died \(signal SIGKILL\)/)
  assert.match(stdout, /^ {2}Stopped: during the (warm-up|baseline), before the load/m)
  assert.doesNotMatch(stdout, /gateway failed/)
  assert.doesNotMatch(stderr, /\n\s+at /)
  await nothingIsLeft()
})

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} during a load gives the partial report and status ${status}, and leaves nothing behind`, async (t) => {
    const { nothingIsLeft, ...places } = await prepareRun(t)
    const run = await startRunInTheMiddle(places, { streams: 20, chunks: 1000, delayMs: 50 })
    run.child.kill(signal)
    const end = await run.ended
    assert.equal(end.status, status, end.stderr)
    assert.match(end.stdout, /CCR-RUST SSE STRESS TEST REPORT/)
    assert.match(end.stdout, /interrupted/i)
    await nothingIsLeft()
  })
}

test('Ctrl-C while the topology starts is reported and leaves nothing behind', async (t) => {
  const { args, nothingIsLeft } = await prepareRun(t)
  const run = startRun(args)
  await run.saw(/start/)
  run.child.kill('SIGINT')
  const end = await run.ended
  assert.equal(end.status, 130, end.stderr)
  assert.match(end.stdout, /interrupted/i)
  await nothingIsLeft()
})

test('Ctrl-C while conform starts its topology is reported as an interrupt, not as a bug', async (t) => {
  const { mockPort, ccrPort, nothingIsLeft } = await prepareRun(t)
  const ports = ['--mock-port', `${mockPort}`, '--ccr-port', `${ccrPort}`]
  const conform = startCli(['conform', '--gateway', 'reference', '--only', 'clean', ...ports])
  await conform.saw(/start/)
  conform.child.kill('SIGINT')
  const end = await conform.ended
  assert.equal(end.status, 130, end.stderr)
  assert.doesNotMatch(end.stderr, /error/)
  await nothingIsLeft()
})

test('a second Ctrl-C ends the run immediately and leaves no process', async (t) => {
  const { args, ccrPort, mockPort } = await prepareRun(t)
  const run = await startRunInTheMiddle({ args, mockPort }, { streams: 5, chunks: 1000, delayMs: 50 })
  // A gateway that does not react to SIGTERM delays the tear-down.
  const [gateway] = processesWith(`--port ${ccrPort}`)
  process.kill(gateway as number, 'SIGSTOP')
  run.child.kill('SIGINT')
  await run.saw(/tearing down/)
  run.child.kill('SIGINT')
  const end = await run.ended
  assert.equal(end.status, 130)
  // A run prints its report only after an orderly tear-down.
  assert.equal(end.stdout, '')
  assert.doesNotMatch(end.stderr, /results in/)
  await until(() => processesWith(`--port ${ccrPort}`).length + processesWith(`--port ${mockPort}`).length === 0)
})

test('a gateway that is killed during the load is reported, and its streams fail', async (t) => {
  const { args, mockPort, ccrPort, nothingIsLeft } = await prepareRun(t)
  const run = await startRunInTheMiddle({ args, mockPort }, { streams: 10, chunks: 400, delayMs: 25 })
  process.kill(processesWith(`--port ${ccrPort}`)[0] as number, 'SIGKILL')
  const end = await run.ended
  assert.equal(end.status, 2, end.stderr)
  assert.match(end.stdout, /gateway died.*SIGKILL/)
  assert.match(end.stdout, /truncated_fin|reset_midstream/)
  await nothingIsLeft()
})

test('if the mock is killed during the load, the run is invalid and the gateway is not blamed', async (t) => {
  const { args, mockPort, nothingIsLeft } = await prepareRun(t)
  const run = await startRunInTheMiddle({ args, mockPort }, { streams: 10, chunks: 400, delayMs: 25 })
  process.kill(processesWith(`--port ${mockPort}`)[0] as number, 'SIGKILL')
  const end = await run.ended
  assert.equal(end.status, 3, end.stderr)
  assert.match(end.stdout, /mock died/)
  await nothingIsLeft()
})

test('a killed harness leaves no mock and no gateway behind', async (t) => {
  const { args, mockPort, ccrPort } = await prepareRun(t)
  const run = await startRunInTheMiddle({ args, mockPort }, { streams: 5, chunks: 1000, delayMs: 50 })
  run.child.kill('SIGKILL')
  await run.ended
  await until(() => processesWith(`--port ${ccrPort}`).length + processesWith(`--port ${mockPort}`).length === 0)
})

for (const [command, args, report] of [
  ['run', ['--gateway', 'reference', '--streams', '2', '--chunks', '3'], /RESULT: (PASS|WARN|INVALID)/],
  ['conform', ['--gateway', 'direct', '--only', 'clean'], /Conform: (PASS|INVALID)/],
] as const) {
  test(`Ctrl-C while ${command} writes its files does not change the result: report, files and status agree`, async (t) => {
    const { args: places, folder, mockPort, ccrPort } = await prepareRun(t)
    const ports = ['--mock-port', `${mockPort}`, '--ccr-port', `${ccrPort}`]
    // A full pipe: the command waits for us while it writes.
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const full = openSync(pipe, 'r+')
    writeSync(full, Buffer.alloc(65_536))
    const run = startCli([command, ...args, ...(command === 'run' ? places : ports), '--json-out', pipe])
    t.after(() => run.child.kill('SIGKILL'))
    await run.saw(report)
    run.child.kill('SIGINT')
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => reader.kill('SIGKILL'))
    let json = ''
    reader.stdout.setEncoding('utf8').on('data', (piece: string) => {
      json += piece.replaceAll('\0', '')
    })
    const { status, stdout, stderr } = await run.ended
    await until(() => json.endsWith('\n}\n'))
    closeSync(full)
    const { verdict } = JSON.parse(json)
    const isInvalid = (verdict.verdict ?? verdict).toLowerCase() === 'invalid'
    assert.equal(status, isInvalid ? 3 : 0, stderr)
    assert.doesNotMatch(stdout, /interrupted/i)
    assert.doesNotMatch(json, /"interruptedBy"|"isPartial": true/)
  })
}
