// What the tests' reports of a folder say. `failed`: the files that run alone once more, a line each. `sum CODE`: each failure by name, and
// last `N passed, N failed, N skipped`; its exit code tells whether all is well.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

/** More than this is no starved test. */
const mostFiles = 3
/** `npm test` starts vitest so often: unit tests, engines, virtual Pis, their rings. */
const runs = 4
const [, , what, folder = '', code = '0'] = process.argv

const first = reportsOf(folder)
const failed = first.files.filter(({ status }) => status === 'failed')
if (what === 'failed') {
  const alone = failed.every(({ name }) => /\/test\/(engines|lab)\//.test(name)) && first.broken === 0 && first.count === runs
  if (alone && failed.length <= mostFiles) for (const { name } of failed) console.log(relative(process.cwd(), name))
} else {
  sum()
}

/** @param {string} at */
function reportsOf(at) {
  const reports = { files: [], passed: 0, skipped: 0, broken: 0, count: 0 }
  for (const name of existsSync(at) ? readdirSync(at).filter(each => each.endsWith('.json')) : []) {
    try {
      const report = JSON.parse(readFileSync(join(at, name), 'utf8'))
      reports.files.push(...report.testResults)
      reports.count += 1
      // An error outside of all tests.
      if (!report.success && report.testResults.every(({ status }) => status !== 'failed')) reports.broken += 1
      reports.passed += report.numPassedTests
      reports.skipped += report.numPendingTests + report.numTodoTests
    } catch {
      reports.broken += 1
    }
  }
  return reports
}

function sum() {
  const again = new Map(reportsOf(join(folder, 'alone')).files.map(file => [file.name, file]))
  let { passed, broken: wrong } = first
  for (const file of failed) {
    const tests = file.assertionResults.filter(({ status }) => status === 'failed')
    // A file that does not load, or whose preparation failed, has no test that failed.
    if (tests.length === 0 && again.get(file.name)?.status === 'passed') {
      passed += again.get(file.name).assertionResults.length - file.assertionResults.filter(({ status }) => status === 'passed').length
      console.log(`FAILED BESIDE OTHERS, PASSED ALONE ${relative(process.cwd(), file.name)}: what stands around its tests`)
    } else if (tests.length === 0) wrong += tell(file.name, '(the whole file)', file.message)
    for (const { fullName, failureMessages } of tests) {
      const alone = again.get(file.name)?.assertionResults.find(test => test.fullName === fullName)
      if (alone?.status === 'passed') {
        passed += 1
        console.log(`FAILED BESIDE OTHERS, PASSED ALONE ${relative(process.cwd(), file.name)}: ${fullName}: ${line(failureMessages[0])}`)
      } else wrong += tell(file.name, fullName, failureMessages[0])
    }
  }
  if (wrong === 0 && ((code !== '0' && again.size === 0) || first.count !== runs)) wrong = 1
  console.log(`${passed} passed, ${wrong} failed, ${first.skipped} skipped`)
  process.exitCode = wrong > 0 ? 1 : 0
}

function tell(file, name, message) {
  console.log(`FAILED ${relative(process.cwd(), file)}: ${name}: ${line(message)}`)
  return 1
}

/** @param {string | undefined} text */
function line(text) {
  return (text ?? '').split('\n')[0].slice(0, 300)
}
