#!/usr/bin/env node
await (await import('../../scripts/bin/launch.mjs')).launch('cassandra-tls', 'bench')
