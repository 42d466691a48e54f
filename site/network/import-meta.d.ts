/** What Vite has: https://vite.dev/guide/features#glob-import */
interface ImportMeta {
  glob(pattern: string, options: { readonly query: "?raw"; readonly import: "default" }): Readonly<Record<string, () => Promise<string>>>;
}
