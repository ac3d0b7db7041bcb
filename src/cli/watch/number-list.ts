/** Numbers in an array that stays when they are cleared, so that filling it again allocates nothing. */
export class NumberList {
  readonly values: number[] = [];
  length = 0;

  clear(): void {
    this.length = 0;
  }

  push(value: number): void {
    this.values[this.length++] = value;
  }
}
