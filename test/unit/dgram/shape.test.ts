import nodeDgram from "node:dgram";
import dgram, { createSocket, Socket } from "@groupcast/dgram";
import { expect, test } from "vitest";

// Compiles only while programs that are typed against node:dgram accept ours in its place.
const replacement: typeof nodeDgram = dgram;
const made: () => nodeDgram.Socket = () => dgram.createSocket("udp4");

test("dgram has the functions of node:dgram, with the same names and lengths", () => {
  expect(replacement.createSocket).toBe(createSocket);
  expect([dgram.createSocket.name, dgram.createSocket.length]).toEqual([nodeDgram.createSocket.name, nodeDgram.createSocket.length]);
  expect([Socket.name, Socket.length]).toEqual([nodeDgram.Socket.name, nodeDgram.Socket.length]);
});

test("Socket.prototype has every public method of node:dgram's, as enumerable as there, with the same length", () => {
  const isPublic = (key: string | symbol): boolean => typeof key === "symbol" || !key.startsWith("_"); // those are deprecated: DEP0112
  const theirs = Reflect.ownKeys(nodeDgram.Socket.prototype).filter(isPublic);
  const missing = theirs.filter((key) => !Object.hasOwn(Socket.prototype, key));
  expect(missing).toEqual([]);
  const shapeOf = (prototype: object, key: string | symbol): unknown => {
    const { value, enumerable } = Object.getOwnPropertyDescriptor(prototype, key) as { value: () => void; enumerable: boolean };
    return [key, value.length, enumerable]; // Node's methods have no names
  };
  expect(theirs.map((key) => shapeOf(Socket.prototype, key))).toEqual(theirs.map((key) => shapeOf(nodeDgram.Socket.prototype, key)));
});

test("createSocket() makes an instance of Socket", () => {
  const socket = made();
  expect(socket).toBeInstanceOf(Socket);
  socket.close();
});
