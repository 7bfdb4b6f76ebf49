export { liveRing, unrest } from './live.ts'
export { dataFolders, memberQuestion, readMember, type Member } from './member.ts'
export { parseStatus, stateText, type NodeSeen } from './status.ts'
export { parseNetstats, type Mode, type Streams } from './streams.ts'
