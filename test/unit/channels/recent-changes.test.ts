import type { ChannelUsage } from "@groupcast/channels";
import { describe, expect, test } from "vitest";
import { RecentChanges } from "../../../packages/channels/src/presence/recent-changes.js";

function subscribed(...names: string[]): ChannelUsage[] {
  return names.map((name) => ({ name, isPublished: false, isSubscribed: true }));
}

function unused(name: string): ChannelUsage {
  return { name, isPublished: false, isSubscribed: false };
}

describe("RecentChanges", () => {
  test("has what was added, what is used otherwise, and what is used no more", () => {
    const changes = new RecentChanges();
    const now = [...subscribed("same", "new"), { name: "other", isPublished: true, isSubscribed: true }];
    expect(changes.add(subscribed("same", "other", "old"), now)).toBe(true);
    expect([changes.depth, changes.usages(now)]).toEqual([1, [...now.slice(1), unused("old")]]);
  });

  test("adds no revision for a list that is the same", () => {
    const changes = new RecentChanges();
    expect([changes.add(subscribed("a"), subscribed("a")), changes.depth]).toEqual([false, 0]);
  });

  test("has each revision in three heartbeats, together with later ones", () => {
    const changes = new RecentChanges();
    changes.add(subscribed("a"), subscribed("a", "b"));
    changes.sent();
    changes.add(subscribed("a", "b"), subscribed("b"));
    const depths = [];
    for (let i = 0; i < 4; i++) {
      depths.push([
        changes.depth,
        changes
          .usages(subscribed("b"))
          .map(({ name }) => name)
          .join(),
      ]);
      changes.sent();
    }
    expect(depths).toEqual([
      [2, "b,a"],
      [2, "b,a"],
      [1, "a"],
      [0, ""],
    ]);
  });

  test("has 15 revisions at most, as the format does, and none of a list that is sent whole", () => {
    const changes = new RecentChanges();
    for (let i = 0; i < 20; i++) changes.add(subscribed(`${i}`), subscribed(`${i + 1}`));
    expect(changes.depth).toBe(15);
    const names = changes.usages(subscribed("20")).map(({ name }) => name);
    expect(names.sort()).toEqual(Array.from({ length: 16 }, (_, index) => `${index + 5}`).sort());
    changes.clear();
    expect(changes.usages(subscribed("a"))).toEqual([]);
  });
});
