import type { Reactor } from "groupcast";
import { DatagramRecorder, type RecordingReport } from "../recording/datagram-recorder.js";
import { RecordingFile, type RecordingFileOptions } from "../recording/recording-file.js";
import { wallClockNs } from "../wall-clock.js";
import { type ListenPlan, listenForDatagrams } from "./listen-for-datagrams.js";
import type { ListenReport } from "./listen-report.js";

/** Plan of {@link recordDatagrams}: destinations, and an end. */
export interface RecordPlan extends Omit<ListenPlan, "onProgress">, RecordingFileOptions {
  /** Called about twice a second. */
  readonly onProgress?: ((report: ListenReport & RecordingReport) => void) | undefined;
}

/**
 * Listens for datagrams and records them as pcapng, which Wireshark opens: interface, direction, the kernel's time, and how many datagrams
 * were lost before each.
 *
 * The file is always valid, and at most half a second behind, even when the disk is full or the program is killed.
 *
 * @param path - A new file, an empty one, or a named pipe.
 * @throws (rejects) Refusal: the file is not empty; NodeJS.ErrnoException: it cannot be written; what `listenForDatagrams` throws.
 */
export async function recordDatagrams(reactor: Reactor, path: string, plan: RecordPlan): Promise<ListenReport & RecordingReport> {
  const { onDatagram, onProgress, nowNs = wallClockNs } = plan;
  const file = RecordingFile.open(path, plan);
  try {
    const recorder = new DatagramRecorder((blocks) => file.append(blocks), nowNs);
    const report = await listenForDatagrams(reactor, {
      ...plan,
      onDatagram(datagram) {
        recorder.record(datagram);
        onDatagram?.(datagram);
      },
      onProgress(soFar) {
        recorder.flush();
        onProgress?.({ ...soFar, ...recorder.report() });
      },
    });
    return { ...report, ...recorder.end(report.kernelDrops) };
  } finally {
    file.close();
  }
}
