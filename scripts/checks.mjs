import { closingLine } from './closing-line.mjs';

/** Runs checks one after the other, prints each as it ends, and counts them. A check fails by throwing. */
export class Checks {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  async check(title, run) {
    const start = performance.now();
    try {
      const result = await run();
      this.#passed += 1;
      console.log(`✓ ${title} (${secondsSince(start)})`);
      return result;
    } catch (error) {
      this.#failed += 1;
      console.log(`✗ ${title} (${secondsSince(start)})\n${error.message}`);
      return undefined;
    }
  }

  skip(title, reason) {
    this.#skipped += 1;
    console.log(`– ${title}: skipped, ${reason}`);
  }

  /** Prints the closing line and sets the exit code. */
  finish() {
    console.log(closingLine({ passed: this.#passed, failed: this.#failed, skipped: this.#skipped }));
    process.exitCode = this.#failed > 0 ? 1 : 0;
  }
}

function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
