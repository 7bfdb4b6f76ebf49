// Has the fork's packages take the place of the bindings', wherever they are imported.
import { registerHooks } from 'node:module'

const from = new URL('../cdktn/package.json', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    const instead = specifier.replace(/^cdktf(?=\/|$)/, 'cdktn').replace(/^@cdktf\/provider-aws(?=\/|$)/, '@cdktn/provider-aws')
    return instead === specifier ? next(specifier, context) : next(instead, { ...context, parentURL: from })
  },
})
