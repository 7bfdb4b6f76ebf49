/** Where dead letters of a topic go, unless said otherwise. */
export const deadLettersOf = (topic: string): string => `${topic}.dead`

/** The group that replays dead letters of a group. */
export const replayGroup = (group: string): string => `${group}.dead`
