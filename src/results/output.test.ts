import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { checkDifferent, openOutput, withoutOldOutputs } from './output.ts'

async function write(path: string, text: string): Promise<void> {
  using output = await openOutput(path)
  await output.write(text, 'id')
}

function refuses(path: string, message: RegExp): Promise<void> {
  return assert.rejects(write(path, 'new'), (error) => {
    assert.ok(error instanceof EnvironmentError, String(error))
    assert.ok(error.message.startsWith(`${path}: `), error.message)
    assert.match(error.message, message)
    return true
  })
}

const needs = { skip: process.platform === 'win32' && 'needs a POSIX system' }

function makePipe(t: TestContext): string {
  const path = join(temporaryFolder(t), 'pipe')
  execFileSync('mkfifo', [path])
  return path
}

describe('an output of a command', () => {
  it('replaces a file at once, and leaves no temporary file', async (t) => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'x.json')
    await writeFile(path, 'old')
    using output = await openOutput(path)
    assert.equal(await readFile(path, 'utf8'), 'old')
    await output.write('new', 'id')
    assert.equal(await readFile(path, 'utf8'), 'new')
    assert.deepEqual(await readdir(folder), ['x.json'])
  })

  it('goes to the file behind links, which are kept, whether or not it exists', async (t) => {
    const folder = temporaryFolder(t)
    await mkdir(join(folder, 'deep'))
    await writeFile(join(folder, 'there.json'), 'old')
    for (const [name, target, file] of [
      ['link', 'there.json', 'there.json'],
      ['chain', 'link', 'there.json'],
      ['dangling', 'new.json', 'new.json'],
      ['deep/up', '../newer.json', 'newer.json'],
      ['absolute', join(folder, 'deep', 'newest.json'), 'deep/newest.json'],
    ] as const) {
      await symlink(target, join(folder, name))
      await write(join(folder, name), name)
      assert.equal(await readlink(join(folder, name)), target)
      assert.equal(await readFile(join(folder, file), 'utf8'), name)
    }
  })

  it('is refused if it cannot be a file, and nothing is created or replaced', needs, async (t) => {
    const folder = temporaryFolder(t)
    const at = (name: string) => join(folder, name)
    const server = createServer().listen(at('socket'))
    t.after(() => server.close())
    await writeFile(at('a-file'), '')
    await symlink('loop', at('loop'))
    await symlink('none/x.json', at('nowhere'))
    await symlink('.', at('to-folder'))
    const before = await readdir(folder)
    for (const [path, message] of [
      [folder, /is a folder/],
      [at('to-folder'), /is a folder/],
      [`${at('none')}/`, /names a folder/],
      [join(at('none'), 'x.json'), /the folder .*none does not exist/],
      [join(at('a-file'), 'x.json'), /a part of the path is a file/],
      [at('loop'), /too many symbolic links/],
      [at('nowhere'), /links to .*none\/x\.json, whose folder does not exist/],
      [at('socket'), /is a socket/],
      [at('x'.repeat(300)), /the name is too long/],
      ['/dev/fd/999', /is not open for writing/],
    ] as const)
      await refuses(path, message)
    assert.deepEqual(await readdir(folder), before)
    assert.ok((await lstat(at('socket'))).isSocket())
  })

  it('is written in place if its folder refuses new files', {
    skip: process.getuid?.() === 0 && 'root may write',
  }, async (t) => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'x.json')
    await writeFile(path, 'old')
    await chmod(folder, 0o555)
    t.after(() => chmod(folder, 0o755))
    await write(path, 'new')
    assert.equal(await readFile(path, 'utf8'), 'new')
  })

  it('to a named pipe with a reader arrives complete, however long, and the pipe is kept', needs, async (t) => {
    const path = makePipe(t)
    const text = 'x'.repeat(300_000)
    // Opened for both, so that the order in which the two ends are opened does not matter.
    const end = await open(path, 'r+')
    const reader = textOf(createReadStream(path))
    using output = await openOutput(path)
    await end.close()
    await output.write(text, 'id')
    assert.equal((await reader).length, text.length)
    assert.ok((await stat(path)).isFIFO())
  })

  it('to a named pipe without a reader is refused at once', needs, async (t) => {
    const path = makePipe(t)
    await refuses(path, /nothing reads from this named pipe\. Start its reader first/)
    assert.ok((await stat(path)).isFIFO())
  })

  it('to a named pipe that its reader closed is an error, not a wait', needs, async (t) => {
    const path = makePipe(t)
    const end = await open(path, 'r+')
    using output = await openOutput(path)
    await end.close()
    await assert.rejects(output.write('x', 'id'), {
      name: 'EnvironmentError',
      message: `${path}: its reader closed it.`,
    })
  })

  it('to a device is written to it, and the device is kept', {
    skip: process.platform !== 'linux' && 'needs /dev/full',
  }, async (t) => {
    const path = join(temporaryFolder(t), 'link')
    await symlink('/dev/full', path)
    await assert.rejects(openOutput(path), {
      name: 'EnvironmentError',
      message: `${path}: no space left on the device`,
    })
    const full = await open('/dev/full', 'w')
    t.after(() => full.close())
    await refuses(`/dev/fd/${full.fd}`, /: no space left on the device\.$/)
    await write('/dev/null', 'x')
    for (const device of ['/dev/null', '/dev/full']) assert.ok((await stat(device)).isCharacterDevice())
  })

  it('to a descriptor is written at its current position, and is never removed', needs, async (t) => {
    const folder = temporaryFolder(t)
    const file = await open(join(folder, 'log'), 'a')
    await file.write('before\n')
    const link = join(folder, 'link')
    await symlink(`/dev/fd/${file.fd}`, link)
    for (const path of [`/dev/fd/${file.fd}`, `/proc/self/fd/${file.fd}`, link]) {
      using output = await openOutput(path)
      await withoutOldOutputs([output], () => output.write('after\n', 'id'))
    }
    await file.close()
    assert.equal(await readFile(join(folder, 'log'), 'utf8'), 'before\nafter\nafter\nafter\n')
    const reader = await open(join(folder, 'log'), 'r')
    await refuses(`/dev/fd/${reader.fd}`, /is not open for writing/)
    await reader.close()
  })

  it('must differ from the others of the command', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'x')
    await symlink('x', join(folder, 'link'))
    const outputs = async (a: string, b: string) =>
      checkDifferent([
        ['--json-out', await openOutput(a)],
        ['--junit-out', await openOutput(b)],
      ])
    for (const [a, b] of [
      ['-', '/dev/stdout'],
      [file, join(folder, '.', 'x')],
      [file, join(folder, 'link')],
    ] as const)
      await assert.rejects(outputs(a, b), (error) => {
        assert.ok(error instanceof UsageError)
        assert.equal(error.message, `--junit-out: must differ from --json-out (got ${b}).`)
        return true
      })
    await outputs(file, '-')
    await outputs('/dev/null', '/dev/null')
  })
})
