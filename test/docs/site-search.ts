// The index that the search box of the built site reads, asked with the options that the box has.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { ROOT } from "../architecture/source-files.js";
import { requireForSite, SITE } from "./built-site.js";

/** What the box of VitePress sets: VPLocalSearchBox.vue. */
const FIELDS = { fields: ["title", "titles", "text"], storeFields: ["title", "titles"] };

interface Index {
  search(words: string): readonly { readonly id: string }[];
}

interface MiniSearch {
  loadJSON(text: string, options: object): Index;
}

/** Reads the index of the built site. */
export async function siteSearch(): Promise<Index> {
  const folder = `${ROOT}${SITE}/assets/chunks`;
  const file = readdirSync(folder).find((name) => name.startsWith("@localSearchIndex"));
  const { default: text } = (await import(`${folder}/${file}`)) as { default: string };
  const { SEARCH } = (await import(`${ROOT}site/search.mjs`)) as { SEARCH: { miniSearch: { searchOptions: object } } };
  const requireForVitePress = createRequire(requireForSite.resolve("vitepress/package.json"));
  return (requireForVitePress("minisearch") as MiniSearch).loadJSON(text, { ...FIELDS, ...SEARCH.miniSearch });
}
