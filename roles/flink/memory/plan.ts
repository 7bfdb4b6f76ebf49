export type StateBackend = 'hashmap' | 'rocksdb'
