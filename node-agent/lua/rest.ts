/**
 * Finds VMs that have not run for a while and lets them give back what they do not use, one at a time: most sessions are idle most of
 * the time, and Lua by itself collects only when a VM has grown to twice its size.
 */

/** Milliseconds without a call after which a VM rests. */
const REST_MS = 500;

export class Rest {
  private readonly ranAt = new Map<number, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly tidy: (vm: number) => Promise<void>) {}

  /** This VM runs now. */
  ran(vm: number): void {
    this.ranAt.set(vm, performance.now());
    this.timer ??= this.wait();
  }

  private wait(): NodeJS.Timeout {
    return setTimeout(() => void this.look(), REST_MS);
  }

  private async look(): Promise<void> {
    for (const [vm, at] of this.ranAt) {
      if (performance.now() - at < REST_MS) continue;
      this.ranAt.delete(vm);
      await this.tidy(vm);
      // What others want comes first.
      await new Promise(setImmediate);
    }
    this.timer = this.ranAt.size > 0 ? this.wait() : undefined;
  }
}
