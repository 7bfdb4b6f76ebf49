#!/usr/bin/env node
await (await import('./launch.mjs')).launch('bench')
