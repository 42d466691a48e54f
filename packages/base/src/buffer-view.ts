/** Shape of {@link BufferView}. */
export type BufferViewConstructor = new (memory: ArrayBufferLike, offsetBytes: number, lengthBytes: number) => Buffer;

/**
 * Makes a Buffer that is a view of memory, without the checks of its arguments.
 *
 * Buffer's own methods (`subarray`) make their results with this constructor, `Buffer[Symbol.species]`, once they have checked their
 * arguments. Where the arguments are known to be right, it saves half of what a small datagram costs.
 */
export const BufferView: BufferViewConstructor = (Buffer as unknown as { readonly [Symbol.species]: BufferViewConstructor })[
  Symbol.species
];
