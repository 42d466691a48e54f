// Several hosts to consult the doctor on: most of a case is waiting, for programs to start and for datagrams to come.
import type { Lab } from "../../support/lab/lab.js";
import { DoctorStage } from "./doctor-stage.js";

export class DoctorStages {
  readonly #free: DoctorStage[];
  readonly #waiting: ((stage: DoctorStage) => void)[] = [];

  private constructor(stages: readonly DoctorStage[]) {
    this.#free = [...stages];
  }

  /** Makes networks that know nothing of each other, one after another. */
  static async create(lab: Lab, count: number): Promise<DoctorStages> {
    const stages: DoctorStage[] = [];
    for (let n = 1; n <= count; n++) stages.push(await DoctorStage.create(lab, `-${n}`));
    return new DoctorStages(stages);
  }

  /** Runs a case on a stage that no other case has meanwhile, and puts back what it has changed. */
  async use(run: (stage: DoctorStage) => Promise<void>): Promise<void> {
    const stage = this.#free.pop() ?? (await new Promise<DoctorStage>((resolve) => this.#waiting.push(resolve)));
    try {
      await run(stage);
    } finally {
      await stage[Symbol.asyncDispose]();
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(stage);
      else next(stage);
    }
  }
}
