/** Says plainly where the tests on virtual Pis cannot run; they skip themselves there. */
export default function setup(): void {
  if (process.platform !== 'linux') console.warn('SKIPPED: tests on virtual Pis (test/lab): they need Linux.')
  else if (process.getuid?.() !== 0) console.warn('SKIPPED: tests on virtual Pis (test/lab): they need root (run `sudo npm test`).')
}
