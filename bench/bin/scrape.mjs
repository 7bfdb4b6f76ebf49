#!/usr/bin/env node
await (await import('../../scripts/bin/launch.mjs')).launch('scrape', 'bench')
