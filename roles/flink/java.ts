/** The Java of the Pi's own Debian that runs Flink. @throws Error on a release that is not known */
export function javaOf(release: string): string {
  if (release === 'bookworm') return 'openjdk-17-jre-headless'
  if (release === 'trixie') return 'openjdk-21-jre-headless'
  throw new Error(`the role flink knows which Java to take on bookworm and trixie, not on ${release}`)
}
