export { oneByOne, type UpgradeOf } from './one-by-one.ts'
export { asksPackages, fetchesLists, readPackages, restartsStale, upgradesPackages, type Newer, type PackagesSeen } from './packages.ts'
export { refuseOtherRelease } from './refusals.ts'
