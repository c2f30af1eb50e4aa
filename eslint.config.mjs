import tseslint from 'typescript-eslint';

// Biome does formatting and general rules. These rules need type information.
export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'training/**', 'tools/**', '.cache/**', 'test-results/**'] },
  {
    files: ['packages/*/src/**/*.ts', 'packages/*/bin/**/*.ts', 'packages/*/test/**/*.ts', 'test/**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { project: './tsconfig.test.json' } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
);
