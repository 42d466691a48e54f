{
  # Not at the package's root, where npm would take it for an order to compile at installation.
  #
  # Sources and flags are in recipe.gypi, which scripts/prebuild.mjs reads, too: plain JSON, without comments. node-gyp puts flags of its
  # own first (common.gypi of Node: -O3, -std=gnu++20). Of two that contradict each other the compiler takes the later, so ours win.
  "includes": ["recipe.gypi"],
  "variables": { "sanitize%": 0 },
  "targets": [
    {
      "target_name": "groupcast",
      "sources": ["<@(addon_sources)"],
      "defines": ["<@(addon_defines)"],
      "cflags_cc": ["<@(addon_compiler_flags)"],
      "ldflags": ["<@(addon_linker_flags)"],
      "conditions": [
        ["sanitize==1", {
          "cflags_cc": ["<@(addon_sanitizer_flags)"],
          "ldflags": ["<@(addon_sanitizer_flags)"]
        }, {
          "ldflags": ["<@(addon_strip_flags)"]
        }]
      ]
    }
  ]
}
