import eslint from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

// Imports go down only: scripts, trials, charts, stacks → roles, lab → engine. test/ and bench/ may import all.
const rooms = ['engine', 'cli', 'roles', 'collector', 'stacks', 'lab', 'image', 'charts', 'trials', 'scripts', 'hosts', 'test', 'bench']

/** Forbids import specifiers that match a pattern, static ones and `import()` alike. */
function forbid(files, patterns) {
  return {
    files,
    rules: {
      'no-restricted-imports': ['error', { patterns: patterns.map(([regex, message]) => ({ regex, message })) }],
      'no-restricted-syntax': [
        'error',
        ...patterns.map(([regex, message]) => ({
          selector: `ImportExpression > Literal[value=/${regex.replaceAll('/', String.raw`\u002F`)}/]`,
          message,
        })),
      ],
    },
  }
}

/** The pattern of every room but these. */
const allBut = (message, ...allowed) => [String.raw`^(\.\./)+(${rooms.filter(room => !allowed.includes(room)).join('|')})(/|$)`, message]

const roleImports = depth => [
  allBut(
    'A role imports the engine, what commands share, how the collector is set up, and what roles offer each other.',
    'engine',
    'cli',
    'roles',
    'collector',
  ),
  [
    String.raw`^(\.\./)+collector/(?!(entry|config|unit|health-answer|sink/config|sink/topics)\.ts$)`,
    'A role imports of the collector only how it is set up, and how its health is read.',
  ],
  [
    String.raw`^(\.\./){${depth}}(?!\.\./)[^/]+/`,
    'A role imports nothing of another role: what it gives is in its offers, roles/offers.ts.',
  ],
]

export default defineConfig(
  { ignores: ['**/node_modules/**', '.cache/**', 'dist/**', '**/cdktf.out/**'] },
  eslint.configs.recommended,
  tseslint.configs.recommended,
  {
    languageOptions: {
      globals: Object.fromEntries(['process', 'console', 'Buffer', 'URL', 'setTimeout', 'clearTimeout'].map(name => [name, 'readonly'])),
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Control characters are what a terminal, a shell and the worker's marks are made of.
      'no-control-regex': 'off',
    },
  },
  {
    // The formatter breaks code; strings and comments it cannot break. Shell text in templates is as long as the Pi wants it.
    files: ['engine/**', 'cli/**', 'charts/**', 'trials/**', 'scripts/**', 'lab/**', 'image/**', 'bench/**'],
    rules: { 'max-len': ['error', { code: 140, ignoreUrls: true, ignoreTemplateLiterals: true }] },
  },
  {
    // Debian bookworm's Node.js is 18: what a role sends to a Pi runs there.
    files: ['collector/**', 'roles/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['toSorted', 'toReversed', 'toSpliced', 'groupBy', 'withResolvers', 'fromAsync'].map(property => ({
          property,
          message: 'Node.js 18 of a bookworm Pi does not have it.',
        })),
      ],
    },
  },
  forbid(['engine/**'], [allBut('The engine imports nothing above it.', 'engine')]),
  forbid(['cli/**'], [allBut('What commands share imports the engine only.', 'engine', 'cli')]),
  forbid(['collector/**'], [allBut('The collector imports nothing outside its folder: it is bundled to one file.', 'collector')]),
  forbid(['lab/**'], [allBut('The lab imports the engine and what commands share.', 'engine', 'cli', 'lab')]),
  forbid(
    ['stacks/*'],
    [
      allBut('A stack imports the engine and the roles.', 'engine', 'roles', 'stacks'),
      [String.raw`^(\.\./)+engine/(ssh|run|plan|resources)(/|$)`, 'A stack reads inventories; it never speaks SSH.'],
    ],
  ),
  forbid(['image/**'], [allBut('An image is made of an inventory: it imports the engine.', 'engine', 'image')]),
  forbid(['roles/*'], [allBut('Roles import the engine, what commands share, and the collector.', 'engine', 'cli', 'roles', 'collector')]),
  forbid(['roles/*/*'], roleImports(1)),
  forbid(['roles/*/*/*'], roleImports(2)),
  forbid(['charts/**'], [allBut('Charts import the engine, and what roles offer.', 'engine', 'roles', 'charts')]),
  forbid(
    ['trials/**'],
    [
      allBut(
        'A trial imports the engine, the load tool’s words, what roles offer, and charts.',
        'engine',
        'collector',
        'roles',
        'charts',
        'trials',
      ),
    ],
  ),
  forbid(
    ['scripts/**'],
    [
      allBut(
        'A command imports no test and no benchmark.',
        'engine',
        'cli',
        'roles',
        'collector',
        'stacks',
        'lab',
        'image',
        'charts',
        'trials',
        'scripts',
        'hosts',
      ),
    ],
  ),
)
