import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { describeProblem, type Problem } from '../base/errors.ts'
import { checkNamedOnce, runFolders } from './run-folders.ts'

it('an operand is a run folder, a folder of run folders, or several of them', async (t) => {
  const root = temporaryFolder(t)
  const runAt = (...names: readonly string[]) => {
    const folder = join(root, ...names)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'run.json'), '{}')
    return folder
  }
  const [a, b, c, odd] = [runAt('many', 'a'), runAt('many', 'b'), runAt('c'), runAt('with,comma')]
  mkdirSync(join(root, 'many', 'unfinished'))
  symlinkSync('a', join(root, 'many', 'latest'))
  mkdirSync(join(root, 'empty'))
  const read = async (operand: string) => {
    const problems: Problem[] = []
    const folders = await runFolders(operand, problems)
    return problems.length > 0 ? problems.map(describeProblem).join('\n') : folders
  }
  assert.deepEqual(await read(c), [c])
  assert.deepEqual(await read(join(root, 'many')), [a, b])
  assert.deepEqual(await read(`${c},${join(root, 'many')}`), [c, a, b])
  assert.deepEqual(await read(odd), [odd])
  assert.match(`${await read(join(root, 'absent'))}`, /absent: no such folder\. Pass the folder of a run, such as/)
  assert.match(`${await read(join(root, 'empty'))}`, /empty: contains no run \(no run\.json\)/)
  assert.match(`${await read(join(a, 'run.json'))}`, /run\.json: is not a folder/)
  assert.match(`${await read(`${a},${join(root, 'absent')}`)}`, /absent: no such folder/)
  assert.match(`${await read('')}`, /"": no such folder/)
  assert.match(`${await read('x'.repeat(5000))}`, /no such folder/)
  assert.match(`${await read('a\u0000b')}`, /no such folder/)
  await checkNamedOnce([a, b, c])
  await assert.rejects(checkNamedOnce([a, join(root, 'many', 'latest')]), /latest: is the same folder as .*a\. Pass/)
})
