import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** As long as what it stands for, so that places in error messages stay right. */
const name = 'sourceModuleUrl'

/**
 * `import.meta.url` of a source file stays the URL of that file, wherever the bundle lies: what is looked for beside a source, or
 * resolved from it, is found.
 * @param {string} project
 * @returns {import('esbuild').Plugin}
 */
export function sourceUrls(project) {
  return {
    name: 'source-urls',
    setup(build) {
      build.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path }) => {
        if (!path.startsWith(project + sep) || path.includes(`${sep}node_modules${sep}`)) return undefined
        const text = readFileSync(path, 'utf8')
        const contents = text.replace(/(?<!['"`])\bimport\.meta\.url\b/g, name)
        if (contents === text) return undefined
        return { contents: `${contents}\nimport ${name} from ${JSON.stringify(`source-url:${path}`)}\n`, loader: 'ts' }
      })
      build.onResolve({ filter: /^source-url:/ }, ({ path }) => ({
        path: path.slice('source-url:'.length),
        namespace: 'source-url',
        sideEffects: false,
      }))
      build.onLoad({ filter: /./, namespace: 'source-url' }, ({ path }) => ({
        contents: `export default ${JSON.stringify(pathToFileURL(path).href)}`,
      }))
    },
  }
}

/**
 * Of the project's own manifest commands want the version alone; its scripts and packages would be read at each start.
 * @param {string} project
 * @returns {import('esbuild').Plugin}
 */
export function ownVersion(project) {
  return {
    name: 'own-version',
    setup(build) {
      build.onLoad({ filter: /[/\\]package\.json$/, namespace: 'file' }, ({ path }) => {
        if (path !== join(project, 'package.json')) return undefined
        const { version } = JSON.parse(readFileSync(path, 'utf8'))
        return { contents: JSON.stringify({ version }), loader: 'json' }
      })
    },
  }
}

/**
 * Packages that look for files of their own stay outside, and are found from the project even when the bundle lies elsewhere.
 * @param {string} project
 * @returns {import('esbuild').Plugin}
 */
export function farPackages(project) {
  const { resolve } = createRequire(join(project, 'package.json'))
  return {
    name: 'far-packages',
    setup(build) {
      build.onResolve({ filter: /^(esbuild|typescript|age-encryption)$/ }, ({ path, kind }) => ({
        path: kind === 'require-call' ? resolve(path) : pathToFileURL(resolve(path)).href,
        external: true,
      }))
    },
  }
}

/**
 * Sources that are replaced by others, which themselves see the ones they stand in for.
 * @param {string} project
 * @param {Readonly<Record<string, string>>} instead
 * @returns {import('esbuild').Plugin}
 */
export function standIns(project, instead) {
  const files = new Map(Object.entries(instead).map(([file, other]) => [join(project, file), join(project, other)]))
  return {
    name: 'stand-ins',
    setup(build) {
      if (files.size === 0) return
      build.onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) => {
        const other = files.get(join(resolveDir, path))
        return other && importer !== other ? { path: other } : undefined
      })
    },
  }
}
