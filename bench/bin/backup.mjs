#!/usr/bin/env node
await (await import('../../scripts/bin/launch.mjs')).launch('backup', 'bench')
