// Pictures scroll in a box of their own where they are too wide, so the box can be reached by keyboard, as VitePress does it for tables.

/** @param {import("vitepress").MarkdownRenderer} markdown */
export function focusablePictures(markdown) {
  markdown.core.ruler.push("focusable-pictures", ({ tokens }) => {
    for (const [index, token] of tokens.entries()) {
      const shown = tokens[index + 1]?.children ?? [];
      if (token.type === "paragraph_open" && shown.length === 1 && shown[0]?.type === "image") token.attrSet("tabindex", "0");
    }
  });
}
