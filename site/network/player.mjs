// Time of the drawing: it runs, slowly or fast, forwards or backwards, and stands where a reader stops it.
import { computed, onUnmounted, ref } from "vue";

const BEAT_MS = 700;

/** What a reader chooses → how fast. */
export const SPEEDS = /** @type {const} */ ({ "very slowly": 0.25, slowly: 0.5, normal: 1, fast: 3 });

/** @param {() => import("./journey.mjs").Journey} journey */
export function usePlayer(journey) {
  const beat = ref(0);
  const direction = ref(0); // -1 while it goes back
  const speed = ref(/** @type {keyof typeof SPEEDS} */ ("normal"));
  let frame = 0;

  /** Number of records that have happened. */
  const step = computed(() => journey().beats.filter((at) => at <= beat.value).length);

  /** @param {1 | -1} towards */
  function play(towards) {
    stop();
    direction.value = towards;
    let lastMs = performance.now();
    const move = (/** @type {number} */ nowMs) => {
      goTo(beat.value + (towards * SPEEDS[speed.value] * (nowMs - lastMs)) / BEAT_MS);
      lastMs = nowMs;
      if (beat.value === (towards > 0 ? journey().length : 0)) stop();
      else frame = requestAnimationFrame(move);
    };
    frame = requestAnimationFrame(move);
  }

  function stop() {
    cancelAnimationFrame(frame);
    direction.value = 0;
  }

  /** @param {number} to Beat. */
  function goTo(to) {
    beat.value = Math.min(journey().length, Math.max(0, to));
  }

  /** Stands where the next thing happens, or the one before. @param {1 | -1} towards */
  function stepTo(towards) {
    stop();
    const { beats, length } = journey();
    const moments = [...new Set([0, ...beats, length])].sort((a, b) => a - b);
    goTo((towards > 0 ? moments.find((at) => at > beat.value) : moments.findLast((at) => at < beat.value)) ?? beat.value);
  }

  /** Shows a run from its beginning; at once for those who want nothing to move. */
  function show() {
    stop();
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    goTo(isStill ? journey().length : 0);
    if (!isStill) play(1);
  }

  onUnmounted(stop);
  return { beat, direction, speed, step, play, stop, goTo, stepTo, show };
}
