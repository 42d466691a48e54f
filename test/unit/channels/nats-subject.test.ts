import fc from "fast-check";
import { expect, test } from "vitest";
import {
  channelForSubject,
  nameForSubject,
  subjectForChannel,
  subjectForPattern,
  takesSubject,
} from "../../../packages/channels/src/nats/nats-subject.js";

test.each([
  ["robot/pose", "groupcast.robot.pose"],
  ["a.b/c d", "groupcast.a%2Eb.c%20d"],
  ["*/>/%", "groupcast.%2A.%3E.%25"],
  ["", "groupcast.%"],
  ["a//b/", "groupcast.a.%.b.%"],
  ["%2E", "groupcast.%252E"],
  ["\u0000\u007f", "groupcast.%00%7F"],
])("subjectForChannel() makes of %j %j", (channel, subject) => {
  expect(subjectForChannel("groupcast", channel)).toBe(subject);
  expect(channelForSubject("groupcast", subject)).toBe(channel);
});

test("channelForSubject() undoes subjectForChannel(), and every subject is one that NATS takes, for every name", () => {
  const names = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: 255 });
  fc.assert(
    fc.property(names, (channel) => {
      const subject = subjectForChannel("mine.too", channel);
      expect(subject).toMatch(/^mine\.too(\.[!-)+-\-/-=?-~]+)+$/); // no white space, no wildcard, no empty token
      expect(channelForSubject("mine.too", subject)).toBe(channel);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["other.robot"],
  ["groupcast"],
  ["groupcast."],
  ["groupcast.%2e"],
  ["groupcast.%41"],
  ["groupcast.é"],
  [`groupcast.${"x".repeat(256)}`],
])("channelForSubject() knows no channel for %j", (subject) => {
  expect(channelForSubject("groupcast", subject)).toBeUndefined();
});

test.each([
  ["robot/*", "groupcast.robot.*"],
  ["robot/**", "groupcast.robot.>"],
  ["**", "groupcast.>"],
  ["*/pose", "groupcast.*.pose"],
  ["a*/b", "groupcast.a%2A.b"],
])("subjectForPattern() makes of %j %j", (pattern, subject) => {
  expect(subjectForPattern("groupcast", pattern)).toBe(subject);
});

test.each([
  ["groupcast.robot.pose", "robot/pose"],
  ["groupcast.robot.>", "robot/**"],
  ["groupcast.*.a%2Eb", "*/a.b"],
  ["elsewhere.robot", undefined],
])("nameForSubject() reads %s as %s", (subject, name) => {
  expect(nameForSubject("groupcast", subject)).toBe(name);
});

test.each([
  ["a.b", "a.b", true],
  ["a.b", "a.c", false],
  ["a.b", "a.b.c", false],
  ["a.*", "a.b", true],
  ["a.*", "a.b.c", false],
  ["a.>", "a.b.c", true],
  ["a.>", "a", false],
  ["a.>", "b.c", false],
  [">", "a", true],
])("takesSubject() finds that %s takes %s: %s", (pattern, subject, takes) => {
  expect(takesSubject(pattern, subject)).toBe(takes);
});
